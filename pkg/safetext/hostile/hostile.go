// Package hostile is what strangers have put into subjects, names and
// categories to get more than text out of them, for tests of whatever shows
// such text.
//
// It promises more than 500 different texts, with every control and format
// character in several places, and refuses to be used by anything but tests.
package hostile

import "unicode"

// Common are a few of each sort.
func Common() []string {
	return []string{
		"\x1b]0;owned\x07\x1b[2J", "invoice\u202efdp.exe", `=cmd|'/c calc'!A0`, "a|b|c", "<script>alert(1)</script>",
		"line\r\nbreak\ttab", "@SUM(1)", "\u009b31mC1", "</details></table><img src=x onerror=alert(1)>",
		"`code` [link](javascript:alert(1))", "nul\x00byte", "bad \xff utf-8", "日本語の件名", "👩‍👩‍👧‍👦 family ❤️ heart",
		`"quoted, and 'more'"; {{.Title}}`, "+1 555 0100", "-5", "javascript:alert(1)", "zero\u200bwidth\ufeff",
	}
}

// Texts are all of them.
func Texts() []string {
	all := Common()
	for _, r := range runes() {
		all = append(all, string(r), "a"+string(r)+"[2Jb", string(r)+"=1+1", "<b"+string(r)+">", "|"+string(r)+"|")
	}
	return all
}

// runes are the characters that act, or show nothing.
func runes() (all []rune) {
	for r := rune(0); r < 0x20; r++ {
		all = append(all, r)
	}
	for r := rune(0x7f); r < 0xa0; r++ {
		all = append(all, r)
	}
	for _, part := range unicode.Cf.R16 {
		all = append(all, rune(part.Lo), rune(part.Hi))
	}
	return append(all, 0x2028, 0x2029, 0x034f, 0x115f, 0x3164, 0xfffe, 0xe0001, 0xe007f, 0x1d173, 0xfffd)
}
