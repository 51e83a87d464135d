package restore

import (
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/rebuild"
)

// Earlier is what the runs of a store have made. What was imported of a stream
// bears no mark, so only their journals know it. The zero value and nil know of
// none.
type Earlier struct {
	made  map[string][]string // ids by the mark of what they were made of
	again map[string][]string // ids by the id of what they were made of
	doubt map[string]string   // runs by the mark of what they may have made
}

// Add enters what a run made. Copies do not count: they stand beside what they
// were made of.
func (e *Earlier) Add(r Run) {
	if r.Plan.Rules.Copies {
		return
	}
	if e.made == nil {
		e.made, e.again, e.doubt = map[string][]string{}, map[string][]string{}, map[string]string{}
	}
	last := results(r.Records)
	for _, part := range r.Plan.Mailboxes {
		source := part.Account.ID
		if part.From != "" {
			source = part.From
		}
		for _, s := range part.Steps {
			if s.Action != plan.Create {
				continue
			}
			mark := rebuild.Mark(source, s.Kind, s.ID, s.Version)
			switch was := last[journal.Key{Mailbox: part.Account.ID, Item: s.ID}]; {
			case was.Made != "":
				e.made[mark] = append(e.made[mark], was.Made)
				e.again[s.ID] = append(e.again[s.ID], was.Made)
			case was.Result == journal.Unknown && s.Way == plan.ByStream:
				e.doubt[mark] = r.ID
			}
		}
	}
}

// Find is the item that was made of what has the mark and is there now, or what
// was made of that in turn.
func (e *Earlier) Find(mark string, there func(id string) bool) (id string, found bool) {
	if e == nil {
		return "", false
	}
	seen := map[string]bool{}
	for next := e.made[mark]; len(next) > 0; next = next[1:] {
		id := next[0]
		if there(id) {
			return id, true
		}
		if !seen[id] {
			seen[id] = true
			next = append(next[:len(next):len(next)], e.again[id]...)
		}
	}
	return "", false
}

// times is how often something was made of what has the mark.
func (e *Earlier) times(mark string) int {
	if e == nil {
		return 0
	}
	return len(e.made[mark])
}

// doubtful names the run that may have made something of it and does not know.
func (e *Earlier) doubtful(mark string) string {
	if e == nil {
		return ""
	}
	return e.doubt[mark]
}
