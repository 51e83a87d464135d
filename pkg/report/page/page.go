// Package page writes one HTML page about a plan or a run of it, for managers
// and administrators, or about one mailbox of it for its user; and of any other
// document that a terminal can show.
//
// The page is one file: it loads nothing, runs nothing but its own script, and
// its policy forbids browsers to try. All text, whoever wrote it, is made safe
// in one function, text, and no attribute holds what others wrote. Items are in
// it once more, as JSON, for the script: it finds, sorts, and saves what people
// decide as a list that pkg/plan/decide reads. Without the script the page
// still says how much, of whom, and why not.
//
// The page is a tree of nodes and not a template: a template finds methods by
// name, and for that the linker keeps every method of the Graph SDK.
package page

import (
	"bufio"
	"crypto/sha256"
	_ "embed" // the page's style and script
	"encoding/base64"
	"fmt"
	"io"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report/ledger"
	"github.com/riva-prep/riva-prep/pkg/safetext"
)

//go:embed page.css
var style string

//go:embed page.js
var script string

// Write writes the page. Now is printed as the time of the report.
func Write(w io.Writer, b *ledger.Book, now time.Time) error {
	return write(w, newContent(b, now, false))
}

// Sheet writes the page for the user of the one mailbox that is in the book.
func Sheet(w io.Writer, b *ledger.Book, now time.Time) error {
	return write(w, newContent(b, now, true))
}

func write(w io.Writer, c content) error { return render(w, document(c)) }

func render(w io.Writer, page g.Node) error {
	out := bufio.NewWriter(w)
	if err := page.Render(out); err != nil {
		return fmt.Errorf("report page: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("report page: %w", err)
	}
	return nil
}

func document(c content) g.Node {
	return pageOf(head(c.title(), policy("style-src "+hash(style)+"; script-src "+hash(script))), header(c), body(c), footer(), scripts(c))
}

// pageOf is a whole page.
func pageOf(head g.Node, body ...g.Node) g.Node {
	return h.Doctype(lines(el("html", attr("lang", "en"), lines(head, el("body", lines(body...))))))
}

// title is what stands on the tab of the browser.
func (c content) title() string {
	kind := "Plan"
	switch {
	case c.Run == nil:
	case c.Run.Rehearsal != nil:
		kind = "Rehearsal"
	default:
		kind = "Run"
	}
	return kind + ": " + string(c.Plan.Rules.Purpose) + " in " + c.Tenant
}

func head(title, policy string) g.Node {
	return el("head", lines(
		el("meta", attr("charset", "utf-8")),
		el("meta", attr("http-equiv", "Content-Security-Policy"), attr("content", policy)),
		el("meta", attr("name", "viewport"), attr("content", "width=device-width, initial-scale=1")),
		el("meta", attr("name", "color-scheme"), attr("content", "light dark")),
		el("meta", attr("name", "referrer"), attr("content", "no-referrer")),
		el("title", text(title)),
		el("style", g.Raw(style)), // a style knows no escapes, and its hash is over these bytes
	))
}

// policy allows what is named, such as one style and one script, and nothing else.
func policy(allowed string) string {
	return "default-src 'none'; " + allowed + "; base-uri 'none'; form-action 'none'"
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// scripts are what the script works on, and the script.
func scripts(c content) g.Node {
	file := "decisions.csv"
	if c.Part {
		file = "decisions of " + safetext.FileName(c.Boxes[0].Name) + ".csv"
	}
	return g.Group{
		el("script", attr("type", "application/json"), attr("id", "data"), newline(), data(c, file)), newline(),
		el("script", g.Raw(script)), // it is ours, and its hash is over these bytes
	}
}

func header(c content) g.Node {
	kind := "plan, nothing has been changed"
	switch {
	case c.Run == nil:
	case c.Run.Rehearsal != nil:
		kind = "rehearsal of a run, nothing has been changed"
	default:
		kind = "report of a run"
	}
	return el("header", lines(
		el("p", attr("class", "brand"), text("riva-prep "), el("span", text(kind))),
		el("h1", text(headline(c.Plan.Rules.Purpose))),
		el("p", attr("class", "where"), text(c.where())),
		el("ul", attr("class", "rules"), g.Map(c.Rules, func(rule string) g.Node { return el("li", text(rule)) })),
	))
}

// where is what the page is about.
func (c content) where() string {
	if c.Part {
		return "Mailbox " + c.Boxes[0].Name + " in " + c.Tenant
	}
	return c.Tenant
}

func headline(p plan.Purpose) string {
	switch p {
	case plan.Purge:
		return "Remove a CRM plug-in’s items"
	case plan.TagPersonal:
		return "Tag personal items"
	case plan.Restore:
		return "Bring items back from a backup"
	case plan.Undo:
		return "Take back what a run did"
	}
	return string(p)
}

func body(c content) g.Node {
	return el("main", lines(glance(c), skipped(c.Plan.Skipped), troubles(c), others(c), held(c), mailboxes(c), categories(c), timeline(c), all(c)))
}

func footer() g.Node {
	return el("footer", el("p", text("riva-prep deletes nothing that is not in a verified backup, and does only what was approved by its digest. "+
		"This page was made on one computer and loads nothing from the network.")))
}
