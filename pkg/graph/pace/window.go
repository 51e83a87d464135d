package pace

import "time"

// window counts what the service allows so much of in any stretch of a length.
type window struct {
	limit  int
	length time.Duration
	slot   time.Duration // the grain

	inside   int     // of requests whose answers are not there
	past     []tally // of those that are, oldest first
	finished int     // their sum
}

// tally is the sum of what ended in one slot.
type tally struct {
	end time.Time
	sum int
}

// wait says how long there is no room for n more; 0 means that there is. More
// than the limit has room when there is nothing else: the service decides.
func (w *window) wait(now time.Time, n int) time.Duration {
	w.forget(now)
	over := w.inside + w.finished + min(n, w.limit) - w.limit
	if n == 0 || over <= 0 {
		return 0
	}
	for _, t := range w.past {
		if over -= t.sum; over <= 0 {
			return max(t.end.Add(w.length).Sub(now), time.Nanosecond)
		}
	}
	return w.slot // what is inside has to end first
}

// forget drops the slots that have left the window.
func (w *window) forget(now time.Time) {
	gone := 0
	for gone < len(w.past) && !now.Before(w.past[gone].end.Add(w.length)) {
		w.finished -= w.past[gone].sum
		gone++
	}
	if gone > 0 {
		w.past = append(w.past[:0], w.past[gone:]...)
	}
}

func (w *window) begin(n int) { w.inside += n }

func (w *window) end(now time.Time, n int) {
	w.forget(now) // where nobody asks, it would grow
	w.inside -= n
	w.finished += n
	end := now.Truncate(w.slot).Add(w.slot)
	if last := len(w.past) - 1; last >= 0 && !w.past[last].end.Before(end) {
		w.past[last].sum += n
		return
	}
	if n > 0 {
		w.past = append(w.past, tally{end: end, sum: n})
	}
}
