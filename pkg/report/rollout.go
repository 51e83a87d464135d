package report

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report/sheet"
	"github.com/riva-prep/riva-prep/pkg/report/words"
	"github.com/riva-prep/riva-prep/pkg/rollout"
)

// RolloutChecked is a rollout that was looked at.
type RolloutChecked struct {
	Name     string
	Waves    []rollout.Part
	Excluded []string
	// Rooms are in no wave. In those of Held, which are in one, everything is held.
	Rooms, Held []string
	Problems    []plan.Skipped
}

type checkedData struct {
	Name     string         `json:"name"`
	Waves    []rollout.Part `json:"waves"`
	Excluded []string       `json:"excluded"`
	Rooms    []string       `json:"rooms"`
	Held     []string       `json:"held"`
	Problems []plan.Skipped `json:"problems"`
}

// RolloutCheck shows who is in which wave, and who stands in the way.
func RolloutCheck(w io.Writer, o Options, c RolloutChecked) error {
	return view{
		document: c.document,
		data:     checkedData{c.Name, list(c.Waves), list(c.Excluded), list(c.Rooms), list(c.Held), list(c.Problems)},
		header:   []string{"mailbox", "wave", "remark"},
		rows:     c.rows,
	}.write(w, o)
}

func (c RolloutChecked) document(limit int) *document {
	doc := &document{}
	doc.Heading("rollout " + c.Name)
	t := sheet.NewTable(limit, sheet.Words("wave"), sheet.Figure("mailboxes"), sheet.Word("begun"), sheet.Words("first and last"))
	for _, p := range c.Waves {
		ends := ""
		if n := len(p.Accounts); n > 0 {
			ends = p.Accounts[0].Name() + " … " + p.Accounts[n-1].Name()
		}
		t.Add(sheet.Text(p.Wave), sheet.Plain.Number(len(p.Accounts)), sheet.Text(begun(p.Begun)), sheet.Text(ends))
	}
	doc.Add(t)
	if len(c.Excluded) > 0 {
		doc.Say("excluded: %s", strings.Join(c.Excluded, ", "))
	}
	doc.rooms(c.Rooms)
	if len(c.Held) > 0 {
		doc.Tell(sheet.Care, "rooms, equipment, or nobody knows; everything in them is held: %s", strings.Join(c.Held, ", "))
	}
	if len(c.Problems) == 0 {
		doc.Say("nothing stands in the way")
		return doc
	}
	doc.Heading("what stands in the way: " + words.Mailboxes(len(c.Problems)))
	problems := sheet.NewTable(0, sheet.Words("mailbox"), sheet.Words("reason"))
	for _, p := range c.Problems {
		problems.Add(sheet.Text(p.Name), sheet.Bad.Text(p.Reason))
	}
	doc.Add(problems)
	return doc
}

// rooms tells of those that are left alone.
func (d *document) rooms(names []string) {
	if len(names) > 0 {
		d.Tell(sheet.Care, "rooms and equipment, which are in no wave: %s", strings.Join(names, ", "))
	}
}

func begun(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

func (c RolloutChecked) rows(yield func([]string) bool) {
	for _, p := range c.Waves {
		for _, a := range p.Accounts {
			remark := ""
			if slices.Contains(c.Held, a.Name()) {
				remark = "held"
			}
			if !yield([]string{a.Name(), p.Wave, remark}) {
				return
			}
		}
	}
	for _, one := range []struct {
		names  []string
		remark string
	}{{c.Rooms, "room"}, {c.Excluded, "excluded"}} {
		for _, name := range one.names {
			if !yield([]string{name, "", one.remark}) {
				return
			}
		}
	}
	for _, p := range c.Problems {
		if !yield([]string{p.Name, "", p.Reason}) {
			return
		}
	}
}

// RolloutStood is a rollout as it stands.
type RolloutStood struct {
	Name    string                 `json:"name"`
	Tenant  mailbox.Tenant         `json:"tenant"`
	Waves   []rollout.WaveStanding `json:"waves"`
	Skipped []plan.Skipped         `json:"skipped"`
	Rooms   []string               `json:"rooms"`
	Records []rollout.Record       `json:"records"`
}

func (s RolloutStood) view() view {
	s.Waves, s.Skipped, s.Rooms, s.Records = list(s.Waves), list(s.Skipped), list(s.Rooms), list(s.Records)
	return view{
		data:   s,
		header: []string{"mailbox", "wave", "state", "next", "deleted", "tagged", "held", "snapshot", "detail"},
		rows: func(yield func([]string) bool) {
			for _, w := range s.Waves {
				for _, m := range w.Mailboxes {
					row := []string{
						m.Account.Name(), m.Wave, string(m.State), string(m.Phase), strconv.Itoa(m.Deleted), strconv.Itoa(m.Tagged), strconv.Itoa(m.Held),
						m.Snapshot, m.Detail,
					}
					if !yield(row) {
						return
					}
				}
			}
			for _, one := range s.Skipped {
				if !yield([]string{one.Name, "", string(rollout.Failed), "", "", "", "", "", one.Reason}) {
					return
				}
			}
		},
	}
}

// RolloutStatus shows every mailbox.
func RolloutStatus(w io.Writer, o Options, s RolloutStood) error {
	v := s.view()
	v.document = func(limit int) *document {
		doc := &document{}
		s.waves(doc)
		t := sheet.NewTable(limit, sheet.Words("mailbox"), sheet.Words("wave"), sheet.Word("state"), sheet.Word("next"),
			sheet.Figure("deleted"), sheet.Figure("tagged"), sheet.Figure("held"), sheet.Words("detail").AtMost(3))
		for _, one := range s.Waves {
			for _, m := range one.Mailboxes {
				t.Add(sheet.Text(m.Account.Name()), sheet.Text(m.Wave), farness(m.State), sheet.Text(string(m.Phase)),
					sheet.Plain.Number(m.Deleted), sheet.Plain.Number(m.Tagged), sheet.Plain.Number(m.Held), sheet.Text(m.Detail))
			}
		}
		doc.Add(t)
		doc.rooms(s.Rooms)
		doc.skipped(s.Skipped)
		return doc
	}
	return v.write(w, o)
}

// RolloutReport tells what was done in its order, and who said what.
func RolloutReport(w io.Writer, o Options, s RolloutStood) error {
	v := s.view()
	v.document = func(limit int) *document {
		doc := &document{}
		s.waves(doc)
		doc.Heading("what was done")
		t := sheet.NewTable(limit, sheet.Words("when"), sheet.Words("by"), sheet.Words("wave"), sheet.Words("what"), sheet.Words("detail"))
		for _, r := range s.Records {
			what, detail := told(r)
			t.Add(sheet.Text(r.Time.UTC().Format(time.RFC3339)), sheet.Text(r.By), sheet.Text(r.Wave), sheet.Text(what), sheet.Text(detail))
		}
		doc.Add(t)
		doc.rooms(s.Rooms)
		doc.skipped(s.Skipped)
		return doc
	}
	v.header = []string{"time", "by", "wave", "event", "detail"}
	v.rows = func(yield func([]string) bool) {
		for _, r := range s.Records {
			what, detail := told(r)
			if !yield([]string{r.Time.UTC().Format(time.RFC3339), r.By, r.Wave, what, detail}) {
				return
			}
		}
	}
	return v.write(w, o)
}

// told says a record in words.
func told(r rollout.Record) (what, detail string) {
	switch r.Event {
	case rollout.Planned:
		return string(r.Phase) + " planned", r.Digest
	case rollout.Begun:
		return string(r.Phase) + " approved and begun", r.Digest + ", run " + r.Run + ", " + words.Mailboxes(len(r.Covers))
	case rollout.Nothing:
		return string(r.Phase) + " had nothing to do", words.Mailboxes(len(r.Covers))
	case rollout.Answered:
		return "gate " + string(r.Gate) + " answered", r.Evidence
	case rollout.Verified:
		return "verified", ""
	case rollout.Refuted:
		return "not verified", r.Evidence
	}
	return string(r.Event), r.Evidence
}

// waves counts each wave's mailboxes by how far they are.
func (s RolloutStood) waves(doc *document) {
	doc.Heading("rollout " + s.Name + " in " + words.Tenant(s.Tenant))
	columns := []sheet.Column{sheet.Words("wave"), sheet.Word("next"), sheet.Figure("all")}
	for _, word := range rollout.Words() {
		columns = append(columns, sheet.Figure(string(word)))
	}
	t := sheet.NewTable(0, columns...)
	for _, w := range s.Waves {
		cells := []sheet.Cell{sheet.Text(w.Wave), sheet.Text(string(w.Phase)), sheet.Plain.Number(len(w.Mailboxes))}
		for _, word := range rollout.Words() {
			cells = append(cells, sheet.Plain.Number(w.Counts[string(word)]))
		}
		t.Add(cells...)
	}
	doc.Add(t)
}

func farness(w rollout.Word) sheet.Cell {
	switch w {
	case rollout.Done:
		return sheet.Good.Text(string(w))
	case rollout.Failed:
		return sheet.Bad.Text(string(w))
	case rollout.Held, rollout.Undone:
		return sheet.Care.Text(string(w))
	case rollout.Waiting, rollout.BackedUp:
	}
	return sheet.Text(string(w))
}
