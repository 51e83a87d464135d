package page

import (
	"io"
	"strconv"
	"time"

	g "maragu.dev/gomponents"

	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report/words"
	"github.com/riva-prep/riva-prep/pkg/rollout"
)

// Rollout is a rollout as it stands, and what was done in it.
type Rollout struct {
	Name    string
	Tenant  mailbox.Tenant
	Waves   []rollout.WaveStanding
	Skipped []plan.Skipped
	Rooms   []string
	Events  []Event
}

// Event is one thing that was done, in words.
type Event struct {
	When                    time.Time
	By, Wave, What, Details string
}

// WriteRollout writes the page of a rollout. It has no script.
func WriteRollout(w io.Writer, r Rollout, now time.Time) error {
	where := words.Tenant(r.Tenant)
	return write(w, shell("Rollout: "+r.Name+" in "+where, policy(style), r.header(where), r.body(now)))
}

func (r Rollout) header(where string) g.Node {
	return el("header", lines(
		el("p", attr("class", "brand"), text("riva-prep "), el("span", text("report of a rollout"))),
		el("h1", text("Rollout "+r.Name)),
		el("p", attr("class", "where"), text(where)),
	))
}

func (r Rollout) body(now time.Time) g.Node {
	nodes := []g.Node{r.glance(now), skipped(r.Skipped), r.rooms(), r.waves()}
	for i, w := range r.Waves {
		nodes = append(nodes, wave("wave-"+strconv.Itoa(i), w))
	}
	return el("main", lines(append(nodes, r.events())...))
}

// counts are the mailboxes of all waves, by how far they are.
func (r Rollout) counts() (all int, by map[string]int) {
	by = map[string]int{}
	for _, w := range r.Waves {
		all += len(w.Mailboxes)
		for word, n := range w.Counts {
			by[word] += n
		}
	}
	return all, by
}

func (r Rollout) glance(now time.Time) g.Node {
	all, by := r.counts()
	figures := []figure{{"mailboxes", "", all, words.Number(len(r.Waves)) + " waves"}}
	notes := map[rollout.Word]figure{
		rollout.Waiting: {"waiting", "", 0, "nothing was done there"}, rollout.BackedUp: {"backed up", "", 0, "under way"},
		rollout.Done: {"done", "good", 0, "and verified"}, rollout.Held: {"held", "care", 0, "done, and something is held"},
		rollout.Failed: {"failed", "bad", 0, "each is listed below"}, rollout.Undone: {"undone", "care", 0, "taken back"},
	}
	for _, word := range rollout.Words() {
		f := notes[word]
		f.Count = by[string(word)]
		figures = append(figures, f)
	}
	return section("glance", text("At a glance"),
		el("dl", attr("class", "figures"), newline(), rows(figures, figure.node)),
		el("dl", attr("class", "facts"), lines(fact("Report made", clockTime(now)))))
}

func (r Rollout) rooms() g.Node {
	if len(r.Rooms) == 0 {
		return nil
	}
	return section("rooms", counted("Rooms and equipment", len(r.Rooms)),
		el("p", text("They are in no wave, and nothing is changed in them.")),
		el("ul", g.Map(r.Rooms, func(name string) g.Node { return el("li", text(name)) })))
}

// heads are the head of a table with names and then numbers.
func heads(names []string, numbers ...string) g.Node {
	return g.Group{columns(names...), g.Map(numbers, func(name string) g.Node { return el("th", attr("scope", "col"), attr("class", "n"), text(name)) })}
}

func (r Rollout) waves() g.Node {
	numbers := []string{"all"}
	for _, word := range rollout.Words() {
		numbers = append(numbers, string(word))
	}
	row := func(w rollout.WaveStanding) g.Node {
		cells := g.Group{rowHead(w.Wave), classCell("k", string(w.Phase)), count(len(w.Mailboxes))}
		for _, word := range rollout.Words() {
			cells = append(cells, count(w.Counts[string(word)]))
		}
		return el("tr", cells)
	}
	return section("waves", counted("Waves", len(r.Waves)),
		table("waves", heads([]string{"Wave", "Next"}, numbers...), el("tbody", rows(r.Waves, row))))
}

// wave lists its mailboxes.
func wave(id string, w rollout.WaveStanding) g.Node {
	row := func(s rollout.Standing) g.Node {
		return el("tr", rowHead(s.Account.Name()), el("td", farness(s.State)), classCell("k", string(s.Phase)), count(s.Deleted), count(s.Tagged), count(s.Held), foreignCell(s.Detail))
	}
	names := g.Group{heads([]string{"Mailbox", "State", "Next"}, "deleted", "tagged", "held"), columns("Detail")}
	return section(id, counted("Wave "+w.Wave, len(w.Mailboxes)), table(id, names, el("tbody", rows(w.Mailboxes, row))))
}

// farness is drawn in the tone of the word, by the classes of results.
func farness(w rollout.Word) g.Node {
	switch w {
	case rollout.Done:
		return el("span", attr("class", "status done"), text(string(w)))
	case rollout.Failed:
		return el("span", attr("class", "status refused"), text(string(w)))
	case rollout.Held, rollout.Undone:
		return el("span", attr("class", "status"), text(string(w)))
	case rollout.Waiting, rollout.BackedUp:
	}
	return text(string(w))
}

func (r Rollout) events() g.Node {
	row := func(e Event) g.Node {
		return el("tr", classCell("k", clockTime(e.When)), foreignCell(e.By), classCell("k", e.Wave), el("td", text(e.What)), foreignCell(e.Details))
	}
	return section("events", counted("What was done", len(r.Events)),
		el("p", text("In its order: which plan was approved by whom, which run it led to, and who answered which gate on what evidence.")),
		table("events", columns("When", "By", "Wave", "What", "Detail"), el("tbody", rows(r.Events, row))))
}
