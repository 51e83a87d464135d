package pace

import (
	"cmp"
	"slices"
)

// queue is what waits for the app's limit, by its gates, the oldest first. Nobody is
// woken when an older one gives up: who had to wait for it, too, waits for the time
// that was foretold, which is the app's window at most.
type queue []queued

type queued struct{ gate, requests int }

// ticket is a call's place in the queue.
type ticket struct {
	gate, requests int
	waits          bool
}

// before counts the requests that wait at older gates.
func (q queue) before(gate int) (n int) {
	for _, at := range q {
		if at.gate >= gate {
			break
		}
		n += at.requests
	}
	return n
}

func (q *queue) join(t *ticket) {
	if !t.waits {
		t.waits = true
		q.add(t.gate, t.requests)
	}
}

func (q *queue) leave(t *ticket) {
	if t.waits {
		t.waits = false
		q.add(t.gate, -t.requests)
	}
}

func (q *queue) add(gate, n int) {
	i, found := slices.BinarySearchFunc(*q, gate, func(at queued, gate int) int { return cmp.Compare(at.gate, gate) })
	if !found {
		*q = slices.Insert(*q, i, queued{gate: gate})
	}
	if (*q)[i].requests += n; (*q)[i].requests == 0 {
		*q = slices.Delete(*q, i, i+1)
	}
}
