// Package safetext makes text that came from outside safe to show: subjects,
// names, categories and error texts are written by anybody who can send a
// mail or an invitation.
//
// It promises, for each place that text can go to, that the result stays
// text there: it moves no cursor (Terminal), starts no formula (CSV), opens
// no tag, link or table cell (Markdown), leads to no other folder and no
// device (FileName), and tells no secret (URL). Each function is a pure
// function, may be applied twice without harm, and gives a result of bounded
// length. HTML is escaped by pkg/report/page, after Terminal.
//
// It refuses nothing: whatever comes in, something readable comes out. It is
// for showing only. What is stored, hashed or sent stays as it came.
package safetext

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Terminal gives s as one line that cannot steer a terminal. Control
// characters, line breaks, direction marks, zero-width and other invisible
// characters and bytes that are not UTF-8 become visible escapes such as
// \n, \x1b and \u202e. At most four times as long as s.
func Terminal(s string) string {
	if clean(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !validAt(s[i:]):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case visible(r):
			b.WriteRune(r)
		default:
			b.WriteString(escape(r))
		}
	}
	return b.String()
}

func clean(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !visible(r) })
}

// validAt tells a replacement character that is in the text from one that
// stands for a bad byte.
func validAt(s string) bool {
	_, size := utf8.DecodeRuneInString(s)
	return size > 1
}

// hidden are characters that Unicode counts as letters, marks or symbols but
// that show nothing: fillers and joiners that make two names look the same.
var hidden = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x034f, Hi: 0x034f, Stride: 1}, // combining grapheme joiner
		{Lo: 0x115f, Hi: 0x1160, Stride: 1}, // Hangul fillers
		{Lo: 0x17b4, Hi: 0x17b5, Stride: 1}, // Khmer inherent vowels
		{Lo: 0x180b, Hi: 0x180f, Stride: 1}, // Mongolian variation selectors
		{Lo: 0x2800, Hi: 0x2800, Stride: 1}, // blank Braille pattern
		{Lo: 0x3164, Hi: 0x3164, Stride: 1}, // Hangul filler
		{Lo: 0xffa0, Hi: 0xffa0, Stride: 1}, // half-width Hangul filler
	},
}

// visible leaves letters, marks, numbers, punctuation, symbols and blanks.
// IsGraphic has no part of C0, C1, DEL, format characters (direction,
// zero-width, byte order mark, tags), line separators or unassigned ones.
func visible(r rune) bool { return unicode.IsGraphic(r) && !unicode.Is(hidden, r) }

func escape(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r < 0x80:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// CSV gives s so that a spreadsheet takes the cell for text: where one would
// see a formula, an apostrophe is put before it. Everything else stays as it
// is; quoting is the business of encoding/csv. At most one byte longer.
//
// A formula begins with = + - or @, also in their full-width forms and also
// after blanks and invisible characters, which spreadsheets skip; a leading
// tab, carriage return, line feed or NUL is guarded whatever follows
// (OWASP, CSV Injection).
func CSV(s string) string {
	if s == "" {
		return s
	}
	text := strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !visible(r) })
	first, _ := utf8.DecodeRuneInString(text)
	if strings.IndexByte("\t\r\n\x00", s[0]) >= 0 || strings.ContainsRune("=+-@＝＋－＠", first) {
		return "'" + s
	}
	return s
}

// entities are the characters that mean something inside a line of Markdown.
// Numeric entities are never markup (CommonMark, "Entity and numeric
// character references"), also in a table cell, where a backslash is not
// enough for "|". "&" is left alone, so that a text made safe twice is the
// same: an entity that was in the text shows as its character, still as text.
var entities = strings.NewReplacer(
	"|", "&#124;", "`", "&#96;", "<", "&lt;", ">", "&gt;", `\`, "&#92;",
	"*", "&#42;", "_", "&#95;", "[", "&#91;", "]", "&#93;", "~", "&#126;",
	"$", "&#36;", "://", "&#58;//",
)

// Markdown gives s as plain text for a table cell or within a line: no cell,
// code, emphasis, tag, image or link begins or ends in it, and line breaks and
// control characters are visible as in Terminal. At most eight times as long
// as s. At the beginning of a line a "#" or "-" still makes a heading or a
// list, so the caller puts a word of its own before it.
func Markdown(s string) string { return entities.Replace(Terminal(s)) }
