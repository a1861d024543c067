"""Short names of Atlassian's own emoji that come without a character."""

# ruff: noqa: RUF001 - the look-alikes are meant

CHARACTERS = {
    ":check_mark:": "✅",
    ":cross_mark:": "❌",
    ":plus:": "➕",
    ":minus:": "➖",
    ":info:": "ℹ️",
    ":warning:": "⚠️",
    ":question_mark:": "❓",
    ":light_bulb_on:": "💡",
    ":light_bulb_off:": "🔅",
    ":yellow_star:": "⭐",
    ":red_star:": "🔴",
    ":green_star:": "🟢",
    ":blue_star:": "🔵",
    ":flag_on:": "🚩",
    ":flag_off:": "🏳️",
    ":slight_smile:": "🙂",
    ":smile:": "😄",
    ":smiley:": "😃",
    ":grinning:": "😀",
    ":wink:": "😉",
    ":disappointed:": "😞",
    ":stuck_out_tongue:": "😛",
    ":thumbsup:": "👍",
    ":thumbsdown:": "👎",
    ":heart:": "❤️",
    ":tada:": "🎉",
}
