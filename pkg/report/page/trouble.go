package page

import (
	"strconv"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report/ledger"
	"github.com/riva-prep/riva-prep/pkg/report/words"
)

func skipped(all []plan.Skipped) g.Node {
	if len(all) == 0 {
		return nil
	}
	row := func(s plan.Skipped) g.Node { return h.Tr(rowHead(s.Name), foreignCell(s.Reason)) }
	return section("skipped", counted("Skipped mailboxes", len(all)),
		h.P(text("They were asked for and could not be read. Nothing is known of them and nothing was planned for them.")),
		table("skipped", columns("Mailbox", "Reason"), h.TBody(rows(all, row))))
}

func troubles(c content) g.Node {
	if c.Run == nil || len(c.Troubles) == 0 {
		return nil
	}
	row := func(t ledger.Trouble) g.Node { return h.Tr(rowHead(t.Account.Name()), foreignCell(t.Text)) }
	return section("trouble", counted("Trouble", len(c.Troubles)),
		table("trouble", columns("Mailbox", "What"), h.TBody(rows(c.Troubles, row))))
}

// others are the steps that were not done.
func others(c content) g.Node {
	title := counted("Not done", len(c.Others))
	switch {
	case c.Run == nil:
		return nil
	case len(c.Others) == 0:
		return section("others", title, h.P(text("Every step was done.")))
	}
	row := func(e ledger.Entry) g.Node {
		return h.Tr(classCell("who", e.Account.Name()), classCell("k", string(e.Kind)), titleCell(e.Title), foreignCell(e.Folder), h.Td(status(e)), foreignCell(e.Reason))
	}
	return section("others", title,
		h.P(text("Unknown: no answer came, and a new run settles it by looking. Refused: the service would not. Skipped: changed since the plan was made. Pending: not begun.")),
		table("others", columns("Mailbox", "Kind", "Title", "Folder", "Result", "Why"), h.TBody(rows(c.Others, row))))
}

// status is drawn in the tone of the result.
func status(e ledger.Entry) g.Node { return h.Span(h.Class("status "+e.Status), text(e.Status)) }

func held(c content) g.Node {
	title := counted("Held back", c.Plan.Totals().Held)
	if len(c.Reasons) == 0 {
		return section("held", title, h.P(text("Nothing is held back.")))
	}
	nodes := []g.Node{h.P(text("These items meet the rules and are left as they are, for the reason given."))}
	for i, r := range c.Reasons {
		nodes = append(nodes, reason("held-"+strconv.Itoa(i), r))
	}
	return section("held", title, nodes...)
}

// reason lists what is held for it, and stands open while it fits a screen.
func reason(id string, r ledger.Reason) g.Node {
	explain := r.Explain
	if explain == "" {
		explain = "held for a reason that this version does not know"
	}
	row := func(e ledger.Entry) g.Node {
		return h.Tr(classCell("who", e.Account.Name()), classCell("k", string(e.Kind)), titleCell(e.Title), foreignCell(e.Folder),
			foreignCell(words.Categories(e.Before)), foreignCell(e.Reason))
	}
	return h.Details(g.If(r.Count <= 20, g.Attr("open")),
		h.Summary(h.H3(h.ID(id), h.B(text(words.Items(r.Count)+":")), text(" "+explain+" "), h.Small(text(string(r.Hazard))))), newline(),
		table(id, columns("Mailbox", "Kind", "Title", "Folder", "Categories", "Why"), h.TBody(rows(r.Items, row))))
}
