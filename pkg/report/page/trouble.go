package page

import (
	"strconv"

	g "maragu.dev/gomponents"

	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report/ledger"
	"github.com/riva-prep/riva-prep/pkg/report/words"
)

func skipped(all []plan.Skipped) g.Node {
	if len(all) == 0 {
		return nil
	}
	row := func(s plan.Skipped) g.Node { return el("tr", rowHead(s.Name), foreignCell(s.Reason)) }
	return section("skipped", counted("Skipped mailboxes", len(all)),
		el("p", text("They were asked for and could not be read. Nothing is known of them and nothing was planned for them.")),
		table("skipped", columns("Mailbox", "Reason"), el("tbody", rows(all, row))))
}

func troubles(c content) g.Node {
	if c.Run == nil || len(c.Troubles) == 0 {
		return nil
	}
	row := func(t ledger.Trouble) g.Node { return el("tr", rowHead(t.Account.Name()), foreignCell(t.Text)) }
	return section("trouble", counted("Trouble", len(c.Troubles)),
		table("trouble", columns("Mailbox", "What"), el("tbody", rows(c.Troubles, row))))
}

// others are the steps that were not done.
func others(c content) g.Node {
	title := counted("Not done", len(c.Others))
	switch {
	case c.Run == nil:
		return nil
	case len(c.Others) == 0:
		return section("others", title, el("p", text("Every step was done.")))
	}
	row := func(e ledger.Entry) g.Node {
		return el("tr", classCell("who", e.Account.Name()), classCell("k", string(e.Kind)), titleCell(e.Title), foreignCell(e.Folder), el("td", status(e)), foreignCell(e.Reason))
	}
	return section("others", title,
		el("p", text("Unknown: no answer came, and a new run settles it by looking. Refused: the service would not. Skipped: changed since the plan was made. Pending: not begun.")),
		table("others", columns("Mailbox", "Kind", "Title", "Folder", "Result", "Why"), el("tbody", rows(c.Others, row))))
}

// status is drawn in the tone of the result.
func status(e ledger.Entry) g.Node {
	return el("span", attr("class", "status "+e.Status), text(e.Status))
}

func held(c content) g.Node {
	title := counted("Held back", c.Plan.Totals().Held)
	if len(c.Reasons) == 0 {
		return section("held", title, el("p", text("Nothing is held back.")))
	}
	nodes := []g.Node{el("p", text("These items meet the rules and are left as they are, for the reason given."))}
	for i, r := range c.Reasons {
		nodes = append(nodes, reason("held-"+strconv.Itoa(i), r, c.answer(r.Hazard)))
	}
	return section("held", title, nodes...)
}

// answer says what can be done about what is held, to whoever can do it: users
// decide about their items, and administrators make plans.
func (c content) answer(h plan.Hazard) g.Node {
	answer := c.answers()[h]
	if !c.decides() || answer == "" {
		return nil
	}
	return el("p", attr("class", "answer"), text("What can be done: "+answer+"."))
}

// reason lists what is held for it, and stands open while it fits a screen.
func reason(id string, r ledger.Reason, answer g.Node) g.Node {
	explain := r.Explain
	if explain == "" {
		explain = "held for a reason that this version does not know"
	}
	row := func(e ledger.Entry) g.Node {
		return el("tr", classCell("who", e.Account.Name()), classCell("k", string(e.Kind)), titleCell(e.Title), foreignCell(e.Folder),
			foreignCell(words.Categories(e.Before)), foreignCell(e.Reason))
	}
	return el("details", g.If(r.Count <= 20, g.Attr("open")),
		el("summary", el("h3", attr("id", id), el("b", text(words.Items(r.Count)+":")), text(" "+explain+" "), el("small", text(string(r.Hazard))))), newline(), answer,
		table(id, columns("Mailbox", "Kind", "Title", "Folder", "Categories", "Why"), el("tbody", rows(r.Items, row))))
}
