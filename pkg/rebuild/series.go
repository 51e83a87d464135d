package rebuild

import (
	"bytes"
	"encoding/json"
	"fmt"
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
// master's new body.
func (m *maker) changed(series, master object) {
	for _, x := range objects(series.get("exceptionOccurrences")) {
		body := m.eventBody(x)
		body.remove("recurrence")
		m.exceptions = append(m.exceptions, body)
		original, err := time.Parse(time.RFC3339, x.text("originalStart"))
		if err != nil {
			m.losses.add(OriginalStart)
			original, _ = decode[moment](x.get("start")).when()
		}
		m.recipe.Exceptions = append(m.recipe.Exceptions, Exception{
			OriginalStart: original.UTC(), Body: apart(x, body, master).encode(),
			Attachments: m.line.ExceptionAttachments[x.text("id")],
		})
	}
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
		if x.has(v.name) && !body.has(v.name) && v.name != "recurrence" {
			out.set(v.name, emptied(v.value))
		}
	}
	// A PATCH of location alone would take locations away (Graph docs,
	// event-update).
	if (out.has("location") || out.has("locations")) && body.has("locations") {
		out.set("location", body.get("location"))
		out.set("locations", body.get("locations"))
	}
	return out
}

// emptied is the value that says that there is none.
func emptied(v json.RawMessage) json.RawMessage {
	if v[0] == '[' {
		return json.RawMessage("[]")
	}
	return json.RawMessage("null")
}
