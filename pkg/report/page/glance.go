package page

import (
	"fmt"
	"time"

	g "maragu.dev/gomponents"

	"github.com/riva-prep/riva-prep/pkg/report/ledger"
	"github.com/riva-prep/riva-prep/pkg/report/words"
	"github.com/riva-prep/riva-prep/pkg/run"
)

// glance is what a manager reads, and no more.
func glance(c content) g.Node {
	return section("glance", text("At a glance"),
		el("dl", attr("class", "figures"), newline(), rows(c.Figures, figure.node)),
		c.Bar.node(), c.Bar.legend(), cautions(c.Cautions), facts(c))
}

func (f figure) node() g.Node {
	class := "figure"
	if f.Count != 0 {
		class += " " + f.Tone
	}
	return el("div", attr("class", class), el("dt", text(f.Label)), el("dd", el("b", number(f.Count)), text(" "), el("span", text(f.Note))))
}

func cautions(all []ledger.Reason) g.Node {
	if len(all) == 0 {
		return nil
	}
	one := func(r ledger.Reason) g.Node {
		return el("li", el("b", text(words.Items(r.Count))), text(" to be changed: "+r.Explain))
	}
	return el("div", attr("class", "caution"), attr("role", "note"), el("h3", text("Take care")), newline(), el("ul", g.Map(all, one)))
}

func facts(c content) g.Node {
	var all []g.Node
	approval := "Approve as"
	if r := c.Run; r != nil {
		approval = "Approved plan"
		all = append(all, runFact(r), codeFact("Backup", r.Snapshot), codeFact("Folder", r.Folder))
		if window := r.Result.Window; window != nil {
			all = append(all, fact("From listing to change", window.Median.String()+" in the median, "+window.Widest.String()+" at most"))
		}
		if r.Rehearsal != nil {
			approval = "Approve as"
			all = append(all, rehearsalFacts(*r.Rehearsal)...)
		}
	}
	made := clockTime(c.Now)
	if c.Plan.Tool != "" {
		made += ", riva-prep " + c.Plan.Tool
	}
	if c.Part && c.Run == nil { // users approve nothing
		approval = "Part of plan"
	}
	if c.Estimate != "" {
		all = append(all, fact("A run would send", c.Estimate))
	}
	all = append(all, fact("Plan made", clockTime(c.Plan.Created)), fact("Report made", made), codeFact(approval, c.Digest))
	return el("dl", attr("class", "facts"), lines(all...))
}

func runFact(r *run.Report) g.Node {
	how := ""
	switch {
	case r.Finished:
		how = ", had ended before"
	case r.Resumed:
		how = ", taken up where it had stopped"
	}
	return g.Group{el("dt", text("Run")), el("dd", el("code", text(r.Run)), text(how))}
}

// rehearsalFacts are what the run would take and cause.
func rehearsalFacts(r run.Rehearsal) []g.Node {
	return []g.Node{
		fact("It would take", fmt.Sprintf("%s for %s requests, assuming %s in service and %s each way for each of them",
			r.Took.Round(time.Second), words.Number(r.Requests), r.Service, r.Network)),
		fact("Mails that would go out", words.Number(len(r.Mails))+", every fact that nobody knows taken at its worst"),
	}
}

// clockTime leaves the zone in, for reports travel.
func clockTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2 January 2006, 15:04 UTC")
}
