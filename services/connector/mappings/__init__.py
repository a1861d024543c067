"""What the admin decided in the wizard's mapping step: checked, and made into a plan for the loader."""
