package rebuild

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// series is what Graph answered apart from a master; empty for other events.
func (m *maker) series(o object) (object, error) {
	if m.line.Series == nil {
		if o.text("type") == "seriesMaster" || o.get("recurrence") != nil {
			m.losses.add(Exceptions)
		}
		return nil, nil
	}
	series, err := parse(m.line.Series)
	if err != nil {
		return nil, fmt.Errorf("its series: %w", err)
	}
	return series, nil
}

// cancelled reads the dates out of ids such as OID.<master>.2025-05-29, in
// which the master may have dots too.
func (m *maker) cancelled(series object) {
	for _, id := range decode[[]string](series.get("cancelledOccurrences")) {
		day, err := time.Parse(time.DateOnly, id[strings.LastIndex(id, ".")+1:])
		if err != nil {
			m.losses.add(CancelledDate)
			continue
		}
		m.recipe.Cancelled = append(m.recipe.Cancelled, day)
	}
}

// changed reads the changed dates, each with what it has other than the
// master's new body. Zone is the series' own.
func (m *maker) changed(series, master object, zone string) {
	for _, x := range objects(series.get("exceptionOccurrences")) {
		body := m.eventBody(x)
		body.remove("recurrence")
		m.exceptions = append(m.exceptions, body)
		original, err := time.Parse(time.RFC3339, x.text("originalStart"))
		if err != nil {
			m.losses.add(OriginalStart)
			original, _ = decode[moment](x.get("start")).when()
		}
		m.keep(original, zone)
		m.recipe.Exceptions = append(m.recipe.Exceptions, Exception{
			OriginalStart: original.UTC(), Body: apart(x, body, master).encode(),
			Attachments: m.line.ExceptionAttachments[x.text("id")],
		})
	}
}

// keep takes the date of an exception from the cancelled ones: what is there
// was not cancelled, and a deleted occurrence could not be changed.
func (m *maker) keep(original time.Time, zone string) {
	if at, ok := location(zone); ok {
		original = original.In(at)
	}
	m.recipe.Cancelled = slices.DeleteFunc(m.recipe.Cancelled, func(day time.Time) bool {
		return day.Format(time.DateOnly) == original.Format(time.DateOnly)
	})
}

// apart leaves out of an exception what it has in common with the series. Its
// times always stay, and what it lacks is emptied.
func apart(x, body, master object) object {
	out := object{}
	for _, v := range body {
		if v.name == "start" || v.name == "end" || !bytes.Equal(v.value, master.get(v.name)) {
			out.set(v.name, v.value)
		}
	}
	for _, v := range master {
		if x.has(v.name) && !body.has(v.name) && has(inherited(), v.name) {
			out.set(v.name, emptied(v.value))
		}
	}
	// A PATCH of location alone would take locations away (Graph docs,
	// event-update).
	if out.has("location") || out.has("locations") {
		for _, name := range []string{"location", "locations"} {
			if body.has(name) {
				out.set(name, body.get(name))
			}
		}
	}
	return out
}

// inherited are the members that an exception has from its series until it is
// given its own, and that can be empty.
func inherited() []string {
	return strings.Fields("subject body categories location locations importance sensitivity showAs reminderMinutesBeforeStart")
}

// emptied is the value that says that there is none.
func emptied(v json.RawMessage) json.RawMessage {
	if v[0] == '[' {
		return json.RawMessage("[]")
	}
	return json.RawMessage("null")
}
