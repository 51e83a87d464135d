package outlook

import (
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
	"github.com/riva-prep/riva-prep/pkg/zone"
)

// wallTime is the form of a dateTimeTimeZone's dateTime: no offset.
const wallTime = "2006-01-02T15:04:05.0000000"

// heedZone takes the preference outlook.timezone, which is for events alone. A
// zone that Exchange does not know is an error (observed in the field).
func (r *request) heedZone() error {
	if r.Prefer.TimeZone == "" {
		return nil
	}
	var err error
	if r.Prefer.Zone, err = zone.Load(r.Prefer.TimeZone); err != nil {
		r.Prefer.Zone = nil
		return &wire.Fail{
			Status: 400, Code: "TimeZoneNotSupportedException",
			Message: "A valid TimeZone value must be specified. The following TimeZone value is not supported: '" + r.Prefer.TimeZone + "'.",
		}
	}
	return nil
}

// zoned shows start and end in the zone asked for, all that it is about (Graph
// docs, event-get): originalStart and the stamps stay in UTC.
func (r *request) zoned(out rawjson.Object, it tenant.Item) rawjson.Object {
	for _, member := range []string{"start", "end"} {
		if out.Has(member) {
			out = out.Set(member, r.inZone(out.Object(member), it.Body.Bool("isAllDay", false)))
		}
	}
	return out
}

// inZone is a dateTimeTimeZone in the zone asked for. A whole day is one in any
// zone. What cannot be read stays as it is.
func (r *request) inZone(at rawjson.Object, allDay bool) rawjson.Object {
	from, err := zone.Load(at.Text("timeZone"))
	if err != nil {
		return at
	}
	wall, err := time.ParseInLocation("2006-01-02T15:04:05", at.Text("dateTime"), from)
	if err != nil {
		return at
	}
	if !allDay {
		wall = wall.In(r.Prefer.Zone)
	}
	return at.Set("dateTime", wall.Format(wallTime)).Set("timeZone", r.Prefer.TimeZone)
}
