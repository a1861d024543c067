"""Every construct of wiki markup, each with what becomes of it."""

import pytest

from services.loader.convert import BodyContext, to_markdown, wiki_to_markdown
from tests.unit.convert.reading import html_of

CONTEXT = BodyContext(
    user={"kim": "Kim Example", "lee": "[@Lee](/users/2)"}.get,
    attachment={"pic.png": "/files/7"}.get,
    issue={"DEMO-1": "/items/1"}.get,
)

INLINE = [
    ("plain words", "plain words"),
    ("a\r\nb\rc", "a\\\nb\\\nc"),
    ("a\r\n\r\nb", "a\n\nb"),
    ("*bold* word", "**bold** word"),
    ("_slanted_", "_slanted_"),
    ("??a book??", "_a book_"),
    ("-gone-", "~~gone~~"),
    ("+new+", "_new_"),
    ("x ^2^ and H ~2~ O", "x ² and H ₂ O"),
    ("x^2^", "x^2^"),
    ("{{mono}}", "`mono`"),
    ("{{a `tick` b}}", "``a `tick` b``"),
    ("{{C:\\\\dir}}", "`C:`\\\n`dir`"),
    ("x{{a}}y", "x{{a}}y"),
    ("snake_case_name and 2*3*4", "snake_case_name and 2\\*3\\*4"),
    ("{*}b{*}old", "**b**old"),
    ("a{_}b{_}c", "a*b*c"),
    ("*bold _both_ end*", "**bold _both_ end**"),
    ("*Name:*value", "\\*Name:\\*value"),
    ("{color:red}warm{color} cold", "warm cold"),
    ("{color:#f00}*b*{color}", "**b**"),
    ("{anchor:here}After", "After"),
    ("a\\\\b", "a\\\nb"),
    ("a -- b --- c", "a – b — c"),  # noqa: RUF001
    (":) (/) (x) (!) (y)", "🙂 ✅ ❌ ⚠️ 👍"),
    ("hey! you! there", "hey! you! there"),
    ("\\*literal\\*", "\\*literal\\*"),
    ("\\{code} \\[x]", "{code} \\[x\\]"),
    ("&lt;b&gt; &amp; &#42;", "&lt;b> & \\*"),
    ("<div>&nbsp;</div>", "&lt;div>\u00a0&lt;/div>"),
    ("*open _and never* closed", "**open \\_and never** closed"),
    ("*over\nthe line*", "\\*over\\\nthe line\\*"),
]

LINKS = [
    ("[text|http://h.example/a]", "[text](http://h.example/a)"),
    ("[*t*|http://h.example/a]", "[**t**](http://h.example/a)"),
    ("[http://h.example/]", "[http://h.example/](http://h.example/)"),
    ("[text|http://h.example/|smart-link]", "[text](http://h.example/)"),
    ("[text|http://h.example/|a tip]", "[text](http://h.example/)"),
    ("[text|http://h.example/(a) b]", "[text](http://h.example/%28a%29%20b)"),
    ("[text|#part]", "[text](#part)"),
    ("[#part]", "[part](#part)"),
    ("[^log.txt]", "[log.txt](log.txt)"),
    ("[^pic.png]", "[pic.png](/files/7)"),
    ("[~kim]", "@Kim Example"),
    ("[~lee]", "[@Lee](/users/2)"),
    ("[~accountid:5b10]", "@5b10"),
    ("[mailto:a@h.example]", "[a@h.example](mailto:a@h.example)"),
    ("[not a link]", "[not a link\\]"),
    ("[t|javascript:x]", "[t|javascript:x\\]"),
    ("see http://h.example/a_b_c, ok", "see [http://h.example/a_b_c](http://h.example/a_b_c), ok"),
    ("(http://h.example/)", "([http://h.example/](http://h.example/))"),
    ("!pic.png!", "![pic.png](/files/7)"),
    ("!pic.png|width=300,thumbnail!", "![pic.png](/files/7)"),
    ("!clip.mp4!", "[clip.mp4](clip.mp4)"),
    ("!http://h.example/p.png!", "![p.png](http://h.example/p.png)"),
    ("DEMO-1 and DEMO-2", "[DEMO-1](/items/1) and DEMO-2"),
    ("*see DEMO-1*", "**see [DEMO-1](/items/1)**"),
    ("*[t|http://h.example/] and*", "**[t](http://h.example/) and**"),
    ("*see [t _u_|http://h.example/]*", "**see [t _u_](http://h.example/)**"),
    ("[DEMO-1]", "[DEMO-1](/items/1)"),
]

BLOCKS = [
    ("h1. Title", "# Title"),
    ("h6. Small *x*", "###### Small **x**"),
    ("h7. none", "h7. none"),
    ("bq. said *so*", "> said **so**"),
    ("bq. they wrote bq. twice", "> they wrote bq. twice"),
    ("h2. After h1. comes h2. here", "## After h1. comes h2. here"),
    ("{quote}\none\n\ntwo\n{quote}", "> one\n>\n> two"),
    ("one\n----\ntwo", "one\n\n---\n\ntwo"),
    ("{panel:title=Note|bgColor=#eee}\nbody\n{panel}", "> **Note**\n>\n> body"),
    ("{info}i{info}", "> ℹ️\n>\n> i"),  # noqa: RUF001
    ("{note}n{note}", "> ⚠️\n>\n> n"),
    ("{tip}t{tip}", "> 💡\n>\n> t"),
    ("{warning:title=Hot}w{warning}", "> 🚫 **Hot**\n>\n> w"),
    ("{quote}open", "{quote}open"),
    ("{section}{column}x{column}{section}", "x"),
    ("1. not a list", "1\\. not a list"),
    ("+ plus", "\\+ plus"),
    ("# \n#hash", "\\#\\\n#hash"),
    ("> quoted", "\\> quoted"),
]

CODE = [
    ("{code:java|title=A.java}\nint a = 1;\n{code}", "**A.java**\n\n```java\nint a = 1;\n```"),
    ("{code:title=A.sql|sql}\nselect\n{code}", "**A.sql**\n\n```sql\nselect\n```"),
    ("{code}\r\nx\r\n\r\ny\r\n{code}", "```\nx\n\ny\n```"),
    ("{code} \n\t\n  x\n \n{code}", "```\n  x\n```"),
    ("{code}\n```\ninner\n```\n{code}", "````\n```\ninner\n```\n````"),
    ("{noformat}\n*raw* {code}\n{noformat}", "```\n*raw* {code}\n```"),
    ("{html}<b>x</b>{html}", "```html\n<b>x</b>\n```"),
    ("{code}never closed *b*", "{code}never closed **b**"),
    ("{noformat}never closed\n* a", "{noformat}never closed\n\n- a"),
    ("before {code}x{code} after", "before\n\n```\nx\n```\n\nafter"),
    ("* item\n{code}\nx\n{code}\n* next", "- item\n\n  ```\n  x\n  ```\n- next"),
    ("{quote}\n* a\n{code}\nx\n{code}\n{quote}", "> - a\n>\n>   ```\n>   x\n>   ```"),
]

LISTS = [
    ("* one\n* two\n** inner\n* three", "- one\n- two\n  - inner\n- three"),
    ("# one\n# two\n## inner", "1. one\n2. two\n   1. inner"),
    ("* a\n*# b\n*# c\n* d", "- a\n  1. b\n  2. c\n- d"),
    ("# a\n#* b\n# c", "1. a\n   - b\n2. c"),
    ("- a\n- b", "* a\n* b"),
    ("* a\n\n* b", "- a\n\n+ b"),
    ("para\n* a\nmore", "para\n\n- a\\\n  more"),
    ("* not bold*", "- not bold\\*"),
]

TABLES = [
    ("||h1||h2||\n|a|b|", "| h1 | h2 |\n| --- | --- |\n| a | b |"),
    ("|a|b|\n|c|d|", "|  |  |\n| --- | --- |\n| a | b |\n| c | d |"),
    ("||k|v|\n||l|w|", "|  |  |\n| --- | --- |\n| **k** | v |\n| **l** | w |"),
    ("|line one\nline two|b|", "|  |  |\n| --- | --- |\n| line one<br />line two | b |"),
    ("|a\\\\b|c|", "|  |  |\n| --- | --- |\n| a<br />b | c |"),
    ("|* a\n* b|c|", "|  |  |\n| --- | --- |\n| • a<br />• b | c |"),
    ("|{code}x = 1\ny{code}|b|", "|  |  |\n| --- | --- |\n| `x = 1`<br />`y` | b |"),
    (
        "|a\\|b|[t|http://h.example/]|",
        "|  |  |\n| --- | --- |\n| a\\|b | [t](http://h.example/) |",
    ),
]


@pytest.mark.parametrize(("source", "expected"), [*INLINE, *LINKS, *BLOCKS, *CODE, *LISTS, *TABLES])
def test_construct(source: str, expected: str) -> None:
    assert wiki_to_markdown(source, CONTEXT) == expected


READ_BACK = [
    ("*a* _b_ -c-", "<p><strong>a</strong> <em>b</em> <s>c</s></p>"),
    ("{*}b{*}old", "<p><strong>b</strong>old</p>"),
    ("* a\n** b", "<ul>\n<li>a\n<ul>\n<li>b</li>\n</ul>\n</li>\n</ul>"),
    ("{quote}{code}x{code}{quote}", "<blockquote>\n<pre><code>x\n</code></pre>\n</blockquote>"),
    ("[a|b]c", "<p>[a|b]c</p>"),
    ("a\nb", "<p>a<br />\nb</p>"),
    ("[x]: y", "<p>[x]: y</p>"),
    ("<script>", "<p>&lt;script&gt;</p>"),
    ("a\n===", "<p>a<br />\n===</p>"),
]


@pytest.mark.parametrize(("source", "page"), READ_BACK)
def test_reads_back_as_jira_shows_it(source: str, page: str) -> None:
    assert html_of(wiki_to_markdown(source)) == page


def test_boxes_beyond_the_nesting_limit_keep_their_text() -> None:
    source = "{quote}" * 1 + "".join(f"{{panel:title=t{n}}}" for n in range(500)) + "core"
    assert "core" in wiki_to_markdown(source)
    deep = "".join(f"{'*' * n} word{n}\n" for n in range(1, 501))
    markdown = wiki_to_markdown(deep)
    assert all(f"word{n}" in markdown for n in range(1, 501))


def test_no_control_character_and_no_half_character_is_left() -> None:
    assert wiki_to_markdown("a\x00\x01\x02b\x03\ud800c") == "ab\ufffdc"


def test_the_kind_of_the_body_decides() -> None:
    assert to_markdown(None) == ""
    assert to_markdown("*b*") == "**b**"
    assert to_markdown({"type": "doc", "content": [{"type": "text", "text": "*b*"}]}) == "\\*b\\*"
