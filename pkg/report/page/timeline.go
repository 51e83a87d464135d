package page

import (
	"strconv"
	"time"

	g "maragu.dev/gomponents"

	"github.com/riva-prep/riva-prep/pkg/report/ledger"
	"github.com/riva-prep/riva-prep/pkg/report/words"
)

// year is a row of the timeline.
type year struct {
	Year                 int
	Past, ToCome, Series int
	// Months are January to December.
	Months [12]ledger.Month
}

func (y year) events() int { return y.Past + y.ToCome + y.Series }

// years puts months into rows, and says how many events the fullest has.
func years(t ledger.Timeline) (all []year, fullest int) {
	for _, m := range t.Months {
		if len(all) == 0 || all[len(all)-1].Year != m.Year {
			all = append(all, year{Year: m.Year})
		}
		y := &all[len(all)-1]
		y.Months[m.Month-time.January] = m
		y.Past, y.ToCome, y.Series = y.Past+m.Past, y.ToCome+m.ToCome, y.Series+m.Series
		fullest = max(fullest, y.events())
	}
	return all, fullest
}

// timeline is a table of months, so that it can be read aloud and copied. What
// is still to come is told by a sign, and not by colour alone.
func timeline(c content) g.Node {
	t := c.Timeline
	if t.Events() == 0 {
		return nil
	}
	whole := timelineBar(t.Past, t.ToCome, t.Series, t.Undated)
	nodes := []g.Node{
		el("p", text("When the events begin that would be deleted, month by month in UTC, as of "+clockTime(t.At)+
			": → is still to come, and ↻ is a series, which may go on for years after its first date.")),
		whole.node(), whole.legend(),
	}
	if all, fullest := years(t); len(all) > 0 {
		months := g.Map(monthNames(), func(name string) g.Node { return figureHead("n m", name) })
		totals := g.Map([]string{"past", "to come", "series"}, func(name string) g.Node { return figureHead("n", name) })
		heads := g.Group{columns("Year"), months, totals, figureHead("share", "Share")}
		row := func(y year) g.Node { return y.node(fullest) }
		nodes = append(nodes, table("timeline", heads, el("tbody", rows(all, row))))
	}
	return section("timeline", counted("Events to be deleted, by date", t.Events()), nodes...)
}

func figureHead(class, name string) g.Node {
	return el("th", attr("scope", "col"), attr("class", class), text(name))
}

func monthNames() (names []string) {
	for m := time.January; m <= time.December; m++ {
		names = append(names, m.String()[:3])
	}
	return names
}

func timelineBar(past, toCome, series, undated int) bar {
	return newBar(barPart{Count: past, Tone: "rest", Label: "past"}, barPart{Count: toCome, Tone: "bad", Label: "still to come"},
		barPart{Count: series, Tone: "care", Label: "series"}, barPart{Count: undated, Tone: "rest", Label: "of a date that the plan does not tell"})
}

// node draws the year's bar as long as it is full beside the fullest.
func (y year) node(fullest int) g.Node {
	return el("tr", el("th", attr("scope", "row"), attr("class", "y"), text(strconv.Itoa(y.Year))), g.Map(y.Months[:], month), g.Map([]int{y.Past, y.ToCome, y.Series}, count),
		el("td", attr("class", "share"), timelineBar(y.Past, y.ToCome, y.Series, 0).partOf(y.events(), fullest).node()))
}

// month says what is past, what is to come, and what is a series.
func month(m ledger.Month) g.Node {
	class, parts := "n m", g.Group{}
	say := func(n int, node g.Node) {
		if n > 0 && len(parts) > 0 {
			parts = append(parts, text(" "))
		}
		if n > 0 {
			parts = append(parts, node)
		}
	}
	say(m.Past, number(m.Past))
	say(m.ToCome, el("b", text("→ "+words.Number(m.ToCome))))
	say(m.Series, el("span", text("↻ "+words.Number(m.Series))))
	if m.ToCome > 0 {
		class += " coming"
	}
	if len(parts) == 0 {
		return el("td", attr("class", "n m zero"), text("·"))
	}
	return el("td", attr("class", class), parts)
}
