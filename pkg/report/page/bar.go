package page

import (
	"slices"
	"strconv"

	g "maragu.dev/gomponents"

	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report/ledger"
	"github.com/riva-prep/riva-prep/pkg/report/words"
)

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
		b.Label += words.Number(parts[i].Count) + " " + parts[i].Label
	}
	return b
}

// partOf shortens the bar, which stands for so many of a whole.
func (b bar) partOf(count, whole int) bar {
	b.Parts = slices.Clone(b.Parts)
	for i, p := range b.Parts {
		b.Parts[i].X, b.Parts[i].Width = p.X*count/whole, max(1, p.Width*count/whole)
	}
	return b
}

func planBar(t plan.Totals) bar {
	rest := t.Items - t.Deletes - t.Tags - t.Creates - t.Held
	return newBar(barPart{Count: t.Deletes, Tone: "bad", Label: "to be deleted"}, barPart{Count: t.Tags, Tone: "good", Label: "to be tagged"},
		barPart{Count: t.Creates, Tone: "good", Label: "to be made again"},
		barPart{Count: t.Held, Tone: "care", Label: "held back"}, barPart{Count: rest, Tone: "rest", Label: "not concerned"})
}

func categoryBar(c *ledger.Category) bar {
	return newBar(barPart{Count: c.Deletes, Tone: "bad", Label: "to be deleted"}, barPart{Count: c.Tags, Tone: "good", Label: "to be tagged"},
		barPart{Count: c.Creates, Tone: "good", Label: "to be made again"}, barPart{Count: c.Held, Tone: "care", Label: "held back"})
}

func runBar(t ledger.Tally) bar {
	return newBar(barPart{Count: t.Done, Tone: "good", Label: "done"}, barPart{Count: t.Unknown, Tone: "bad", Label: "unknown"},
		barPart{Count: t.Refused, Tone: "bad", Label: "refused"}, barPart{Count: t.Skipped + t.Pending, Tone: "rest", Label: "skipped or pending"},
		barPart{Count: t.Held, Tone: "care", Label: "held back"})
}

// node draws the bar, and is nil if there is nothing to draw.
func (b bar) node() g.Node {
	if len(b.Parts) == 0 {
		return nil
	}
	return el("svg", attr("class", "bar"), attr("viewBox", "0 0 1000 20"), attr("preserveAspectRatio", "none"), attr("role", "img"), attr("aria-label", b.Label),
		g.Map(b.Parts, barPart.node))
}

func (p barPart) node() g.Node {
	return g.El("rect", attr("class", p.Tone), attr("x", strconv.Itoa(p.X)), attr("y", "0"), attr("width", strconv.Itoa(p.Width)), attr("height", "20"))
}

// legend says in words what the bar shows.
func (b bar) legend() g.Node {
	if len(b.Parts) == 0 {
		return nil
	}
	one := func(p barPart) g.Node {
		return el("li", attr("class", p.Tone), el("b", number(p.Count)), text(" "+p.Label))
	}
	return el("ul", attr("class", "legend"), g.Map(b.Parts, one))
}
