package report

import (
	"bufio"
	"crypto/sha256"
	_ "embed" // the page's text and style
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/safetext"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

// HTML writes one page for managers and administrators about a plan, or about
// a run of it if r is given. The page is one file: it loads nothing, runs
// nothing, and its policy forbids browsers to try. Now is printed as the time
// of the report.
func HTML(w io.Writer, p plan.Plan, r *RunView, now time.Time) error {
	tmpl, err := template.New("page").Funcs(template.FuncMap{
		"safe":   safetext.Terminal,
		"number": number,
		"items":  func(n int) string { return plural(n, "item", "items") },
		"join":   joined,
		"clock":  clockTime,
	}).Parse(pageText)
	if err != nil {
		return fmt.Errorf("report page: %w", err)
	}
	out := bufio.NewWriter(w)
	if err := tmpl.Execute(out, newPage(p, r, now)); err != nil {
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

// joined puts categories into a cell.
func joined(names []string) string {
	if len(names) == 0 {
		return noCategory
	}
	return safetext.Terminal(strings.Join(names, "; "))
}

// clockTime leaves the zone in, for reports travel.
func clockTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2 January 2006, 15:04 UTC")
}
