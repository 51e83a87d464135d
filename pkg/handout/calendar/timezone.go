package calendar

import (
	"fmt"
	"slices"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
)

// years is for how long the rules of a zone are looked at: long enough to tell
// the last Sunday of a month from the fourth.
const years = 10

// epoch is from when on the description of a zone holds.
const epoch = 1970

// onset is a moment at which a zone changes its offset.
type onset struct {
	// wall is the time on the clocks before they are changed.
	wall     time.Time
	from, to int // seconds east of UTC
	name     string
}

// daylight says whether clocks go forward.
func (o onset) daylight() bool { return o.to > o.from }

// description is a zone as iCalendar tells it: by yearly rules where it has
// them, which is the only form that Outlook follows, else date by date.
type description struct {
	span
	observances []observance
}

// observance is one STANDARD or DAYLIGHT with its first onset.
type observance struct {
	onset
	rule *yearly
}

// describeZone says what the rules of the zone are at a time.
func describeZone(s span, at time.Time) description {
	d := description{span: s}
	first := time.Date(at.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
	list := onsets(s.loc, first)
	if len(list) == 0 {
		name, offset := first.In(s.loc).Zone()
		d.observances = []observance{before(onset{from: offset, name: name})}
		return d
	}
	winter, okWinter := regular(list, false)
	summer, okSummer := regular(list, true)
	if okWinter && okSummer {
		d.observances = []observance{winter, summer}
		return d
	}
	d.observances = []observance{before(list[0])}
	for _, o := range list {
		d.observances = append(d.observances, observance{onset: o})
	}
	return d
}

// before is the time until an onset.
func before(o onset) observance {
	return observance{onset: onset{time.Date(epoch, 1, 1, 0, 0, 0, 0, time.UTC), o.from, o.from, o.name}}
}

// onsets lists the changes of offset from a time on.
func onsets(loc *time.Location, from time.Time) (list []onset) {
	limit := from.AddDate(years, 0, 0)
	for t := from; ; {
		_, end := t.In(loc).ZoneBounds()
		if end.IsZero() || !end.Before(limit) {
			return list
		}
		_, before := end.Add(-time.Second).In(loc).Zone()
		name, after := end.In(loc).Zone()
		if before != after {
			list = append(list, onset{end.UTC().Add(time.Duration(before) * time.Second), before, after, name})
		}
		t = end
	}
}

// regular finds the one rule by which clocks go forward, or back, each year.
func regular(list []onset, daylight bool) (observance, bool) {
	list = slices.DeleteFunc(slices.Clone(list), func(o onset) bool { return o.daylight() != daylight })
	if len(list) != years {
		return observance{}, false
	}
	var walls []time.Time
	for i, o := range list {
		if o.from != list[0].from || o.to != list[0].to || o.wall.Year() != list[0].wall.Year()+i {
			return observance{}, false
		}
		walls = append(walls, o.wall)
	}
	rule, ok := findYearly(walls)
	if !ok {
		return observance{}, false
	}
	first := list[0]
	first.wall = rule.in(epoch)
	return observance{first, &rule}, true
}

// yearly is a day of the year by a rule, with a time.
type yearly struct {
	month   time.Month
	weekday time.Weekday
	// nth is 1 to 4, or -1 for the last. It is 0 where the weekday is the first
	// one from a day of the month on.
	nth, from int
	at        time.Duration
	// early is how much before the change that time is.
	early time.Duration
}

// findYearly finds the rule that gives all the times, one a year. The first or
// last of a weekday comes before all else, for Outlook knows no other: midnight
// may then be the last second of the day before, as Windows tells it.
func findYearly(walls []time.Time) (yearly, bool) {
	for _, rule := range candidates(walls[0]) {
		if !slices.ContainsFunc(walls, func(w time.Time) bool { return !rule.in(w.Year()).Equal(w.Add(-rule.early)) }) {
			return rule, true
		}
	}
	return yearly{}, false
}

func midnight(t time.Time) bool { return t.Equal(t.Truncate(24 * time.Hour)) }

func candidates(w time.Time) (rules []yearly) {
	earlier := []time.Duration{0}
	if midnight(w) {
		earlier = append(earlier, time.Second)
	}
	for _, nth := range []int{-1, 1, 2, 3, 4, 0} {
		for _, early := range earlier {
			rule := ruleAt(w, early)
			if rule.nth = nth; nth != 0 {
				rules = append(rules, rule)
				continue
			}
			for rule.from = 1; rule.from <= 25; rule.from++ {
				rules = append(rules, rule)
			}
		}
	}
	return rules
}

func ruleAt(w time.Time, early time.Duration) yearly {
	w = w.Add(-early)
	return yearly{month: w.Month(), weekday: w.Weekday(), at: w.Sub(w.Truncate(24 * time.Hour)), early: early}
}

// in is the moment in a year.
func (y yearly) in(year int) time.Time {
	first := time.Date(year, y.month, 1, 0, 0, 0, 0, time.UTC)
	switch {
	case y.from > 0:
		first = first.AddDate(0, 0, y.from-1)
	case y.nth < 0:
		first = first.AddDate(0, 1, -7)
	default:
		first = first.AddDate(0, 0, 7*(y.nth-1))
	}
	ahead := (int(y.weekday) - int(first.Weekday()) + 7) % 7
	return first.AddDate(0, 0, ahead).Add(y.at)
}

func (y yearly) rrule() string {
	day := code(y.weekday.String())
	if y.from == 0 {
		return fmt.Sprintf("FREQ=YEARLY;BYMONTH=%d;BYDAY=%d%s", y.month, y.nth, day)
	}
	days := make([]string, 7)
	for i := range days {
		days[i] = fmt.Sprint(y.from + i)
	}
	return fmt.Sprintf("FREQ=YEARLY;BYMONTH=%d;BYMONTHDAY=%s;BYDAY=%s", y.month, strings.Join(days, ","), day)
}

// component is the description as it is written.
func (d description) component() *ics.VTimezone {
	tz := ics.NewTimezone(d.id)
	for _, o := range d.observances {
		standard := ics.NewStandard()
		o.write(&standard.ComponentBase)
		if o.daylight() {
			tz.Components = append(tz.Components, &ics.Daylight{ComponentBase: standard.ComponentBase})
			continue
		}
		tz.Components = append(tz.Components, standard)
	}
	return tz
}

func (o observance) write(c *ics.ComponentBase) {
	c.AddProperty(ics.ComponentPropertyDtStart, o.wall.Format(wallTime))
	c.AddProperty("TZOFFSETFROM", offset(o.from))
	c.AddProperty("TZOFFSETTO", offset(o.to))
	if !strings.ContainsAny(o.name, "+-0123456789") {
		c.AddProperty("TZNAME", o.name)
	}
	if o.rule != nil {
		c.AddRrule(o.rule.rrule())
	}
}

func offset(seconds int) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	return fmt.Sprintf("%c%02d%02d", sign, seconds/3600, seconds/60%60)
}

// holds says whether the description gives the offset that the zone had at a
// time.
func (d description) holds(t time.Time) bool {
	_, actual := t.In(d.loc).Zone()
	var latest time.Time
	told := d.observances[0].from
	for _, o := range d.observances {
		for _, wall := range o.walls(t.Year()) {
			at := wall.Add(-time.Duration(o.from) * time.Second)
			if !at.After(t) && at.After(latest) {
				latest, told = at, o.to
			}
		}
	}
	return told == actual
}

// walls are the onsets that can be the latest one in a year.
func (o observance) walls(year int) []time.Time {
	if o.rule == nil {
		return []time.Time{o.wall}
	}
	return []time.Time{o.rule.in(year - 1), o.rule.in(year)}
}
