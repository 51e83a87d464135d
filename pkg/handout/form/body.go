package form

import (
	"html"
	"slices"
	"strings"
	"unicode"
)

// Body is an itemBody: text or HTML.
type Body struct {
	ContentType string `json:"contentType"`
	Content     Text   `json:"content"`
}

// HTML is the body as HTML, empty if it is text.
func (b Body) HTML() string {
	if !strings.EqualFold(b.ContentType, "html") {
		return ""
	}
	return string(b.Content)
}

// Plain is the body as text.
func (b Body) Plain() string {
	if b.HTML() == "" {
		return strings.TrimSpace(string(b.Content))
	}
	var p plain
	p.read(b.HTML())
	return p.text()
}

// plain makes text of HTML: enough for what people write into a calendar, and
// no more. What it gives is text, never markup again.
type plain struct {
	lines []string
	line  strings.Builder
}

// unseen elements are skipped with all that is in them.
var unseen = []string{"head", "style", "script", "title", "xml"}

// breaking elements stand on lines of their own.
var breaking = []string{
	"br", "p", "div", "tr", "table", "ul", "ol", "li", "hr", "pre", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6",
}

func (p *plain) read(s string) {
	for s != "" {
		open := strings.IndexByte(s, '<')
		if open < 0 {
			p.words(s)
			return
		}
		p.words(s[:open])
		s = p.markup(s[open:])
	}
}

// markup takes a tag or comment off the beginning of s.
func (p *plain) markup(s string) (rest string) {
	if strings.HasPrefix(s, "<!--") {
		return after(s, "-->")
	}
	name, closing := tagName(s)
	if name == "" {
		p.words("<")
		return s[1:]
	}
	rest = after(s, ">")
	if slices.Contains(unseen, name) && !closing {
		at := strings.Index(strings.ToLower(rest), "</"+name)
		if at < 0 {
			return ""
		}
		return after(rest[at:], ">")
	}
	switch {
	case slices.Contains(breaking, name):
		if p.line.Len() > 0 || name == "br" || name == "p" {
			p.end()
		}
		if name == "li" && !closing {
			p.line.WriteString("- ")
		}
	case (name == "td" || name == "th") && closing:
		p.line.WriteByte(' ')
	}
	return rest
}

func after(s, mark string) string {
	_, rest, _ := strings.Cut(s, mark)
	return rest
}

// tagName is the name of the tag that s begins with, in lower case; empty if
// the "<" is just one.
func tagName(s string) (name string, closing bool) {
	s = s[1:]
	if closing = strings.HasPrefix(s, "/"); closing {
		s = s[1:]
	}
	if s == "" || !unicode.IsLetter(rune(s[0])) && s[0] != '!' && s[0] != '?' {
		return "", false
	}
	end := strings.IndexFunc(s, func(r rune) bool { return r == '>' || r == '/' || unicode.IsSpace(r) })
	if end < 0 {
		end = len(s)
	}
	return strings.ToLower(s[:end]), closing
}

// words adds text, in which any run of blanks is one blank.
func (p *plain) words(s string) {
	blank := false
	for _, r := range html.UnescapeString(s) {
		if blank = unicode.IsSpace(r) && r != '\u00a0'; !blank {
			p.line.WriteRune(r)
			continue
		}
		if line := p.line.String(); line != "" && !strings.HasSuffix(line, " ") {
			p.line.WriteByte(' ')
		}
	}
}

func (p *plain) end() {
	p.lines = append(p.lines, strings.TrimSpace(p.line.String()))
	p.line.Reset()
}

// text joins the lines, with at most one empty line between two.
func (p *plain) text() string {
	p.end()
	lines := slices.CompactFunc(p.lines, func(a, b string) bool { return a == "" && b == "" })
	return clean(strings.TrimSpace(strings.Join(lines, "\n")))
}
