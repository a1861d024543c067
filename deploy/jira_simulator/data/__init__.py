"""The data sets that the simulator serves: generated ones and files of real issues, with edits on top."""
