package limits

import "time"

// window is a sum over a stretch of time that ends now.
type window struct {
	parts []part // oldest first
	total int64
}

type part struct {
	at   time.Time
	cost int64
}

// expire forgets what is as old as the length, or older.
func (w *window) expire(now time.Time, length time.Duration) {
	for len(w.parts) > 0 && now.Sub(w.parts[0].at) >= length {
		w.total -= w.parts[0].cost
		w.parts = w.parts[1:]
	}
}

// add expires and adds a cost.
func (w *window) add(now time.Time, length time.Duration, cost int64) {
	w.expire(now, length)
	w.total += cost
	if last := len(w.parts) - 1; last >= 0 && w.parts[last].at.Equal(now) {
		w.parts[last].cost += cost
		return
	}
	w.parts = append(w.parts, part{now, cost})
}

// until is how long it takes for the total to fall to atMost; never more than
// the length, after which nothing is left.
func (w *window) until(now time.Time, length time.Duration, atMost int64) time.Duration {
	left := w.total
	for _, p := range w.parts {
		if left -= p.cost; left <= atMost {
			return length - now.Sub(p.at)
		}
	}
	return length
}
