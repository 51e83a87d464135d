package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// tally counts kills by where they landed.
type tally struct {
	mu     sync.Mutex
	early  int // before the first request: they prove nothing, and count for none
	total  int
	rounds map[string]int
	at     map[string]int // by command and place
	places map[string]int
	by     map[string]int
}

func newTally() *tally {
	return &tally{rounds: map[string]int{}, at: map[string]int{}, places: map[string]int{}, by: map[string]int{}}
}

// landing is where a kill landed.
type landing struct {
	stage, place, by string
	early            bool
}

// landed says how far a killed command had come, by the requests it had sent and
// by the last record of its journal.
func (w *watch) landed(got attempted) landing {
	l := landing{stage: w.stage.name, by: got.moment.String(), early: got.requests == 0}
	switch {
	case l.early:
		l.place = "before the first request"
	case w.file == "":
		l.place = "copying"
		if whole, _ := filepath.Glob(filepath.Join(w.path("store"), "snapshots", "*", "snapshot.json")); len(whole) > 0 {
			l.place = "copied, proving"
		}
	default:
		l.place = w.journal().place(got.writes)
	}
	return l
}

func (h history) place(writes int) string {
	switch {
	case !h.begun():
		return "before the run begins: reading, copying, proving"
	case h.last == "end":
		return "last record: end"
	case writes == 0 && len(h.open) == 0:
		return "begun or resumed, nothing sent yet"
	case len(h.open) == 0:
		return "last record: outcome, no step under way"
	}
	if len(h.open) > 3 {
		return fmt.Sprintf("last record: %s, 4 or more under way", h.last)
	}
	return fmt.Sprintf("last record: %s, %d under way", h.last, len(h.open))
}

func (t *tally) killed(l landing) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l.early {
		t.early++
		return
	}
	t.total++
	t.at[l.stage]++
	t.places[l.place]++
	t.by[l.by]++
	if t.total%1000 == 0 {
		fmt.Fprintf(os.Stderr, "%d kills\n", t.total)
	}
}

func (t *tally) kills() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.total
}

func (t *tally) round(w world) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rounds[w.String()]++
}

// print prints the histogram.
func (t *tally) print(out io.Writer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	rounds := 0
	for _, n := range t.rounds {
		rounds += n
	}
	fmt.Fprintf(out, "%d kills in %d rounds; %d more before the first request, which are not counted\n", t.total, rounds, t.early)
	show(out, "command", t.at)
	show(out, "where", t.places)
	show(out, "drawn by", t.by)
	show(out, "rounds of world-streams-back", t.rounds)
}

func show(out io.Writer, what string, counts map[string]int) {
	fmt.Fprintf(out, "%s\n", what)
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(out, "  %6d  %s\n", counts[name], name)
	}
}
