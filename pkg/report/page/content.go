package page

import (
	"fmt"
	"slices"
	"time"

	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report/ledger"
	"github.com/riva-prep/riva-prep/pkg/report/words"
	"github.com/riva-prep/riva-prep/pkg/run"
)

// content is what the page shows. Its text is raw; the page makes it safe.
type content struct {
	Now time.Time

	Book   *ledger.Book
	Plan   plan.Plan
	Digest string
	// Part: the page is about one mailbox, and for its user.
	Part   bool
	Run    *run.Report
	Tenant string
	Rules  []string

	Figures           []figure
	Bar               bar
	Cautions, Reasons []ledger.Reason
	// Columns head the numbers of Boxes.
	Columns []string
	Boxes   []box
	Totals  []int
	// Categories and Timeline are counted in a plan only.
	Categories []*ledger.Category
	Timeline   ledger.Timeline
	// Estimate is of a run of the plan, in words; empty where there is none to come.
	Estimate string
	Troubles []ledger.Trouble
	Others   []ledger.Entry
}

// figure is one number that is to be seen at once. Tone is a class of the style.
type figure struct {
	Label, Tone string
	Count       int
	Note        string
}

// box is one mailbox.
type box struct {
	Name, Display string
	Counts        []int
	Bar           bar
	// Steps are those of All that a page without a script has room for.
	Steps []ledger.Entry
	All   int
}

// decides says whether people can decide about what the page shows.
func (c content) decides() bool { return c.Book.Open() }

// back says whether the plan brings something back.
func (c content) back() bool {
	return c.Plan.Rules.Purpose == plan.Restore || c.Plan.Rules.Purpose == plan.Undo
}

func newContent(b *ledger.Book, now time.Time, part bool) content {
	c := content{
		Part: part,
		Now:  now, Book: b, Plan: b.Plan, Digest: b.Digest(), Run: b.Run, Tenant: words.Tenant(b.Plan.Tenant), Rules: b.Rules(),
		Cautions: b.Cautions(), Reasons: b.Reasons(),
	}
	room := unscripted
	for _, m := range b.Plan.Mailboxes {
		one := box{Name: m.Account.Name(), Display: m.Account.DisplayName, All: len(m.Steps)}
		m.Steps = m.Steps[:min(len(m.Steps), room)]
		room -= len(m.Steps)
		one.Steps = b.Steps(m)
		c.Boxes = append(c.Boxes, one)
	}
	if b.Run == nil {
		c.fillPlan()
		c.Categories, c.Timeline = b.Categories(), b.Timeline()
		if !part && b.Plan.Totals().Steps() > 0 {
			c.Estimate = b.Estimate(ledger.Usual()).String()
		}
	} else {
		c.fillRun(b)
	}
	if n := len(b.Plan.Skipped); n > 0 {
		c.Figures = append(c.Figures, figure{"mailboxes skipped", "bad", n, "they could not be read"})
	}
	return c
}

func (c *content) fillPlan() {
	t := c.Plan.Totals()
	c.Figures = append(todo(c.Plan.Rules, t), heldFigure(t), c.mailboxesFigure(t))
	c.Bar = planBar(t)
	back := c.back()
	c.Columns = []string{"delete", "tag", "held", "already as wanted", "looked at"}
	if back {
		c.Columns = append([]string{"make again"}, c.Columns...)
	}
	c.Totals = planCounts(t, back)
	for i, m := range c.Plan.Mailboxes {
		c.Boxes[i].Counts, c.Boxes[i].Bar = planCounts(m.Totals(), back), planBar(m.Totals())
	}
}

// todo are the numbers of what is to be done, of one kind or, in an undo, of
// those that there are.
func todo(r plan.Rules, t plan.Totals) []figure {
	deletes := figure{"to be deleted", "bad", t.Deletes, "moved to Deleted Items"}
	creates := figure{"to be made again", "good", t.Creates, "what does not come back is listed in the plan"}
	switch r.Purpose {
	case plan.Purge:
		return []figure{deletes}
	case plan.TagPersonal:
		return []figure{{"to be tagged", "good", t.Tags, tagNote(r)}}
	case plan.Restore:
		return []figure{creates}
	case plan.Undo:
		deletes.Note = "made by the run"
		all := []figure{creates, {"categories to be set back", "good", t.Tags, "to exactly those before"}, deletes}
		return slices.DeleteFunc(all, func(f figure) bool { return f.Count == 0 })
	}
	return []figure{deletes}
}

// planCounts are the numbers under fillPlan's columns.
func planCounts(t plan.Totals, back bool) []int {
	counts := []int{t.Deletes, t.Tags, t.Held, t.Already, t.Items}
	if back {
		return append([]int{t.Creates}, counts...)
	}
	return counts
}

func (c *content) fillRun(b *ledger.Book) {
	t, planned := b.Tally(), b.Plan.Totals()
	done := figure{"deleted", "good", t.Done, "moved to Deleted Items"}
	switch c.Plan.Rules.Purpose {
	case plan.TagPersonal:
		done.Label, done.Note = "tagged", tagNote(c.Plan.Rules)
	case plan.Restore:
		done.Label, done.Note = "made again", "from a backup"
	case plan.Undo:
		done.Label, done.Note = "undone", "of what the run did"
	case plan.Purge:
	}
	notDone := figure{"not done", "bad", t.NotDone(), "each is listed below"}
	c.Figures = []figure{done, notDone, heldFigure(planned), c.mailboxesFigure(planned)}
	c.Bar = runBar(t)
	c.Columns = ledger.Results()
	c.Totals = t.Counts()
	for i, m := range b.Boxes() {
		c.Boxes[i].Counts, c.Boxes[i].Bar = m.Counts(), runBar(m.Tally)
	}
	c.Troubles, c.Others = b.Troubles(), b.NotDone()
}

func tagNote(r plan.Rules) string { return fmt.Sprintf("with the category %q", r.Tag) }

func heldFigure(t plan.Totals) figure {
	return figure{"held back", "care", t.Held, "left as they are, with the reason"}
}

// mailboxesFigure has, on the page of one mailbox, what was looked at there.
func (c *content) mailboxesFigure(t plan.Totals) figure {
	if c.Part {
		return figure{"looked at", "", t.Items, "contacts, events and tasks of the mailbox"}
	}
	return figure{"mailboxes", "", t.Mailboxes, words.Number(t.Items) + " items looked at"}
}
