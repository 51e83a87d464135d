package calendar

import (
	"fmt"
	"time"

	"github.com/riva-prep/riva-prep/pkg/handout/form"
	"github.com/riva-prep/riva-prep/pkg/order"
	"github.com/riva-prep/riva-prep/pkg/zone"
)

// Zones are the time zones that a file describes before its events.
type Zones struct {
	home *time.Location
	at   time.Time
	byID map[string]description
	list []description
}

// NewZones begins with none. Home is the mailbox's own zone, for series whose
// zone nobody can name. At says as of when zones are described: the time of
// the backup.
func NewZones(home *time.Location, at time.Time) *Zones {
	return &Zones{home: home, at: at, byID: map[string]description{}}
}

// Need takes up the zone of an event, if the event repeats at a time of day.
func (z *Zones) Need(e form.Event) {
	if e.Recurrence == nil || e.AllDay {
		return
	}
	if s, _ := z.of(e); s.loc != time.UTC {
		z.need(s)
	}
}

func (z *Zones) need(s span) description {
	d, ok := z.byID[s.id]
	if !ok {
		d = describeZone(s, z.at)
		z.byID[s.id] = d
		z.list = append(z.list, d)
	}
	return d
}

// of finds the zone of a series; named is false where it is home for want of a
// name.
func (z *Zones) of(e form.Event) (s span, named bool) {
	for _, name := range []string{e.Recurrence.Range.Zone, e.Zone} {
		if loc, err := zone.Load(name); err == nil {
			return span{zoneID(name), loc}, true
		}
	}
	return z.guess(e), false
}

// guess is home, or, where home has another date at the first start than the
// series has, the nearest whole hour that has the same: the rule counts dates.
func (z *Zones) guess(e form.Event) span {
	home := span{zoneID(z.home.String()), z.home}
	start, _, err := e.Times()
	sameDate := func(loc *time.Location) bool {
		return start.In(loc).Format(time.DateOnly) == e.Recurrence.Range.StartDate
	}
	if err != nil || e.AllDay || sameDate(z.home) {
		return home
	}
	_, seconds := start.In(z.home).Zone()
	for _, hours := range nearest(seconds / 3600) {
		// IANA counts these the other way round.
		id := fmt.Sprintf("Etc/GMT%+d", -hours)
		if loc, err := zone.Load(id); err == nil && sameDate(loc) {
			return span{zoneID(id), loc}
		}
	}
	return home
}

// nearest lists the hours of all zones, those next to an hour first.
func nearest(hour int) (hours []int) {
	for h := -12; h <= 14; h++ {
		hours = append(hours, h)
	}
	order.StablyBy(hours, func(a, b int) int { return (a-hour)*(a-hour) - (b-hour)*(b-hour) })
	return hours
}

// zoneID is the Windows name where there is one: Outlook then shows the zone
// as its own.
func zoneID(name string) string {
	if windows, ok := zone.Windows(name); ok {
		return windows
	}
	if iana, ok := zone.IANA(name); ok {
		return iana
	}
	return name
}
