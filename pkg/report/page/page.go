// Package page writes one HTML page about a plan or a run of it, for managers
// and administrators.
//
// The page is one file: it loads nothing, runs nothing, and its policy forbids
// browsers to try. Text of others is made safe in its template, page.html.
package page

import (
	"bufio"
	"crypto/sha256"
	_ "embed" // the page's text and style
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"time"

	"github.com/riva-prep/riva-prep/pkg/report/ledger"
	"github.com/riva-prep/riva-prep/pkg/report/words"
	"github.com/riva-prep/riva-prep/pkg/safetext"
)

//go:embed page.html
var text string

//go:embed page.css
var style string

// Write writes the page. Now is printed as the time of the report.
func Write(w io.Writer, b *ledger.Book, now time.Time) error {
	tmpl, err := template.New("page").Funcs(template.FuncMap{
		"safe":   safetext.Terminal,
		"number": words.Number,
		"items":  words.Items,
		"join":   func(names []string) string { return safetext.Terminal(words.Categories(names)) },
		"clock":  clockTime,
	}).Parse(text)
	if err != nil {
		return fmt.Errorf("report page: %w", err)
	}
	out := bufio.NewWriter(w)
	if err := tmpl.Execute(out, newContent(b, now)); err != nil {
		return fmt.Errorf("report page: %w", err)
	}
	return out.Flush()
}

// policy allows this one style and nothing else. A hash of the style needs no
// escaping in an attribute, which html/template would overdo here.
func policy(style string) template.HTMLAttr {
	sum := sha256.Sum256([]byte(style))
	hash := base64.StdEncoding.EncodeToString(sum[:])
	return template.HTMLAttr(`content="default-src 'none'; style-src 'sha256-` + hash + `'; base-uri 'none'; form-action 'none'"`)
}

// clockTime leaves the zone in, for reports travel.
func clockTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2 January 2006, 15:04 UTC")
}
