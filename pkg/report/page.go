package report

import (
	"fmt"
	"html/template"
	"slices"
	"time"

	"github.com/riva-prep/riva-prep/pkg/plan"
)

// page is what the template shows. Its text is raw; the template makes it safe.
type page struct {
	Style  template.CSS
	Policy template.HTMLAttr
	Now    time.Time

	Plan   plan.Plan
	Digest string
	Run    *RunView
	Tenant string
	Rules  []string

	Figures           []figure
	Bar               bar
	Cautions, Reasons []reason
	// Columns head the numbers of Boxes.
	Columns  []string
	Boxes    []pageBox
	Totals   []int
	Troubles []trouble
	Others   []record
}

// figure is one number that is to be seen at once. Tone is a class of the style.
type figure struct {
	Label, Tone string
	Count       int
	Note        string
}

// reason groups items by hazard.
type reason struct {
	Hazard  plan.Hazard
	Explain string
	Count   int
	Items   []record
}

// pageBox is one mailbox.
type pageBox struct {
	Name, Display, Purpose string
	Counts                 []int
	Bar                    bar
	Steps                  []record
}

type trouble struct{ Name, Text string }

// bar is a row of parts, drawn a thousand units wide.
type bar struct {
	Parts []barPart
	Label string
}

type barPart struct {
	X, Width, Count int
	Tone, Label     string
}

// newBar gives every part that is not empty enough width to be seen.
func newBar(parts ...barPart) bar {
	const whole, least = 1000, 8
	parts = slices.DeleteFunc(parts, func(p barPart) bool { return p.Count <= 0 })
	total := 0
	for _, p := range parts {
		total += p.Count
	}
	b, x := bar{Parts: parts}, 0
	for i := range parts {
		parts[i].X = x
		parts[i].Width = least + (whole-least*len(parts))*parts[i].Count/total
		x += parts[i].Width
		if i > 0 {
			b.Label += ", "
		}
		b.Label += number(parts[i].Count) + " " + parts[i].Label
	}
	return b
}

func newPage(p plan.Plan, r *RunView, now time.Time) page {
	pg := page{
		Style: template.CSS(pageStyle), Policy: policy(pageStyle), Now: now,
		Plan: p, Digest: p.Digest(), Run: r, Tenant: tenantName(p.Tenant), Rules: describe(p.Rules), Cautions: cautions(p), Reasons: reasons(p),
	}
	known := newOutcomes(r)
	for _, m := range p.Mailboxes {
		box := pageBox{Name: m.Account.Name(), Display: m.Account.DisplayName, Purpose: m.Account.Purpose}
		for _, s := range m.Steps {
			status, why := known.of(m.Account, s)
			box.Steps = append(box.Steps, stepRecord(m.Account, s, status, why))
		}
		pg.Boxes = append(pg.Boxes, box)
	}
	if r == nil {
		pg.fillPlan()
	} else {
		pg.fillRun()
	}
	return pg
}

func (pg *page) fillPlan() {
	t := pg.Plan.Totals()
	todo := figure{"to be deleted", "bad", t.Deletes, "moved to Deleted Items"}
	if pg.Plan.Rules.Purpose == plan.TagPersonal {
		todo = figure{"to be tagged", "good", t.Tags, tagNote(pg.Plan.Rules)}
	}
	pg.Figures = []figure{
		todo,
		{"held back", "care", t.Held, "left as they are, with the reason"},
		{"mailboxes", "", t.Mailboxes, number(t.Items) + " items looked at"},
	}
	pg.skippedFigure()
	pg.Bar = planBar(t)
	pg.Columns = []string{"delete", "tag", "held", "already as wanted", "looked at"}
	pg.Totals = []int{t.Deletes, t.Tags, t.Held, t.Already, t.Items}
	for i, m := range pg.Plan.Mailboxes {
		t := m.Totals()
		pg.Boxes[i].Counts = []int{t.Deletes, t.Tags, t.Held, t.Already, t.Items}
		pg.Boxes[i].Bar = planBar(t)
	}
}

func tagNote(r plan.Rules) string { return fmt.Sprintf("with the category %q", r.Tag) }

func planBar(t plan.Totals) bar {
	rest := t.Items - t.Deletes - t.Tags - t.Held
	return newBar(barPart{Count: t.Deletes, Tone: "bad", Label: "to be deleted"}, barPart{Count: t.Tags, Tone: "good", Label: "to be tagged"},
		barPart{Count: t.Held, Tone: "care", Label: "held back"}, barPart{Count: rest, Tone: "rest", Label: "not concerned"})
}

func (pg *page) fillRun() {
	t := pg.Run.tally()
	pg.Others = pg.Run.notDone()
	done := figure{"deleted", "good", t.Done, "moved to Deleted Items"}
	if pg.Plan.Rules.Purpose == plan.TagPersonal {
		done.Label, done.Note = "tagged", tagNote(pg.Plan.Rules)
	}
	pg.Figures = []figure{
		done,
		{"not done", "bad", t.Skipped + t.Refused + t.Unknown + t.Pending, "each is listed below"},
		{"held back", "care", t.Held, "left as they are, with the reason"},
		{"mailboxes", "", len(pg.Boxes), number(pg.Plan.Totals().Items) + " items looked at"},
	}
	pg.skippedFigure()
	pg.Bar = t.bar()
	pg.Columns = []string{"done", "skipped", "refused", "unknown", "pending", "held"}
	pg.Totals = t.counts()
	for i, b := range pg.Run.boxes() {
		pg.Boxes[i].Counts = b.counts()
		pg.Boxes[i].Bar = b.bar()
		if b.Failure != "" {
			pg.Troubles = append(pg.Troubles, trouble{b.Account.Name(), b.Failure})
		}
		for _, warning := range b.Warnings {
			pg.Troubles = append(pg.Troubles, trouble{b.Account.Name(), warning})
		}
	}
}

func (t tally) counts() []int {
	return []int{t.Done, t.Skipped, t.Refused, t.Unknown, t.Pending, t.Held}
}

func (t tally) bar() bar {
	return newBar(barPart{Count: t.Done, Tone: "good", Label: "done"}, barPart{Count: t.Unknown, Tone: "bad", Label: "unknown"},
		barPart{Count: t.Refused, Tone: "bad", Label: "refused"}, barPart{Count: t.Skipped + t.Pending, Tone: "rest", Label: "skipped or pending"},
		barPart{Count: t.Held, Tone: "care", Label: "held back"})
}

// skippedFigure shows mailboxes that could not be read, if there are any.
func (pg *page) skippedFigure() {
	if n := len(pg.Plan.Skipped); n > 0 {
		pg.Figures = append(pg.Figures, figure{"mailboxes skipped", "bad", n, "they could not be read"})
	}
}

// cautions count the hazards of the steps themselves.
func cautions(p plan.Plan) []reason {
	counts := map[plan.Hazard]int{}
	for _, m := range p.Mailboxes {
		for _, s := range m.Steps {
			for _, h := range s.Hazards {
				counts[h]++
			}
		}
	}
	var all []reason
	for _, h := range plan.Hazards() {
		if counts[h] > 0 {
			all = append(all, reason{Hazard: h, Explain: h.Explain(), Count: counts[h]})
		}
	}
	return all
}

// reasons group what is held, most serious first.
func reasons(p plan.Plan) []reason {
	held := map[plan.Hazard][]record{}
	for _, m := range p.Mailboxes {
		for _, h := range m.Held {
			held[h.Hazard] = append(held[h.Hazard], heldRecord(m.Account, h))
		}
	}
	var all []reason
	for _, h := range heldReasons(p.Totals()) {
		all = append(all, reason{Hazard: h, Explain: h.Explain(), Count: len(held[h]), Items: held[h]})
	}
	return all
}
