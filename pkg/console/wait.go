package console

import "time"

// wait is why nothing goes on for a while.
type wait struct {
	why   string
	until time.Time
	said  time.Time
}

// worthALine is a wait that is told of where there is no terminal.
const worthALine = 10 * time.Second

// Wait tells why the job waits and until when. Of several waits the longest is
// shown, until it is over.
func (c *Console) Wait(why string, until time.Time) {
	now := time.Now()
	c.mu.Lock()
	if until.Before(now) || !until.After(c.wait.until) {
		c.mu.Unlock()
		return
	}
	c.wait.why, c.wait.until = why, until
	job := c.current
	tell := !c.draws() && c.Every > 0 && until.Sub(now) >= worthALine && now.Sub(c.wait.said) >= c.Every
	if tell {
		c.wait.said = now
	}
	c.mu.Unlock()
	switch {
	case tell:
		c.Say("%s", c.waits(now))
	case job != nil:
		job.mu.Lock()
		defer job.mu.Unlock()
		if !job.ended {
			job.draw(now)
		}
	}
}

// waits says why, while it does.
func (c *Console) waits(now time.Time) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !now.Before(c.wait.until) {
		return ""
	}
	return c.wait.why + " until " + c.wait.until.Add(time.Second-1).Format(time.TimeOnly)
}
