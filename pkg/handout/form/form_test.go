package form_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/riva-prep/riva-prep/pkg/handout/form"
)

func TestPlain(t *testing.T) {
	cases := []struct{ html, want string }{
		{"", ""},
		{"plain", "plain"},
		{"a  b\n c", "a b c"},
		{"a&nbsp;b &amp; c &lt;d&gt; &#8364;", "a\u00a0b & c <d> €"},
		{"<p>a</p><p>b</p>", "a\n\nb"},
		{"<div>a</div><div>b</div>", "a\nb"},
		{"a<br>b<BR/>c<br><br><br><br>d", "a\nb\nc\n\nd"},
		{"<html><head><title>T</title><style>p{color:red}</style></head><body>x</body></html>", "x"},
		{"<script>alert(1)</script>x<!-- <p>no</p> -->y", "xy"},
		{"<STYLE>never closed", ""},
		{"<!-- never closed", ""},
		{"a < b and c<d", "a < b and c"},
		{"1<2", "1<2"},
		{"<", "<"},
		{"<a href=\"x\">link</a>", "link"},
		{"<ul><li>one</li><li>two</li></ul>", "- one\n- two"},
		{"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"},
		{"<o:p>&nbsp;</o:p>x", "x"},
		{"a\u0000\u0007b", "ab"},
		{"&#7;&#0;x&lt;script&gt;", "\ufffdx<script>"},
	}
	if len(cases) < 20 {
		t.Fatal("too few cases")
	}
	for _, c := range cases {
		content, err := json.Marshal(c.html)
		if err != nil {
			t.Fatal(err)
		}
		var b form.Body
		if err := json.Unmarshal([]byte(`{"contentType":"HTML","content":`+string(content)+`}`), &b); err != nil {
			t.Fatal(err)
		}
		if got := b.Plain(); got != c.want {
			t.Errorf("%q became %q, want %q", c.html, got, c.want)
		}
	}
}

func FuzzPlain(f *testing.F) {
	for _, s := range []string{"<p>a</p>", "<style>x", "<!--", "</", "<a", "&#1;", "<li>", "\xff<br>", "<" + strings.Repeat("<style>", 50)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := form.Body{ContentType: "html", Content: form.Text(s)}.Plain()
		if len(text) > 4*len(s)+4 || strings.Contains(text, "\n\n\n") || utf8.ValidString(s) && !utf8.ValidString(text) {
			t.Errorf("%q became %q", s, text)
		}
		if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
			t.Errorf("a control character in %q", text)
		}
	})
}

func TestDate(t *testing.T) {
	// Midnight of 1 May, as it is written in UTC for a mailbox in each zone.
	for _, s := range []string{
		"2026-05-01T00:00:00.0000000", "2026-05-01T00:00:00", "2026-05-01T00:00:00Z", "2026-04-30T22:00:00.0000000", "2026-05-01T07:00:00", "2026-04-30T18:30:00", "2026-05-01T11:00:00", "2026-04-30T12:00:00",
	} {
		if got, err := (form.DateTime{DateTime: s, TimeZone: "UTC"}).Date(); err != nil || got != time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC) {
			t.Errorf("%s: %s, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "today", "0001-01-01T00:00:00", "2026-05-01"} {
		if _, err := (form.DateTime{DateTime: s}).Date(); !errors.Is(err, form.ErrUnusable) {
			t.Errorf("%q: %v", s, err)
		}
		if _, err := (form.DateTime{DateTime: s}).Instant(); !errors.Is(err, form.ErrUnusable) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestInstant(t *testing.T) {
	for zone, hour := range map[string]int{"UTC": 10, "": 10, "Pacific Standard Time": 18, "Europe/Berlin": 9, "tzone://Microsoft/Utc": 10} {
		got, err := form.DateTime{DateTime: "2026-01-05T10:00:00.0000000", TimeZone: zone}.Instant()
		if err != nil || got != time.Date(2026, 1, 5, hour, 0, 0, 0, time.UTC) {
			t.Errorf("%q: %s, %v", zone, got, err)
		}
	}
}
