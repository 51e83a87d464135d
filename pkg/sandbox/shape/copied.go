package shape

import (
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/series"
)

// Copied is an item's body under another id: its attachments and the exceptions
// of a series get ids of their own too, which fresh makes for a purpose. All
// other members keep their bytes.
func Copied(body rawjson.Object, id string, fresh func(purpose string) string) rawjson.Object {
	old := body.Text("id")
	body = renewed(body, id, fresh)
	exceptions := body.Objects("exceptionOccurrences")
	for n, exception := range exceptions {
		own := fresh("exception")
		if stem, day, ok := series.SplitOccurrenceID(exception.Text("id")); ok && stem == series.Stem(old) {
			own = series.OccurrenceID(id, day)
		}
		exceptions[n] = renewed(exception, own, fresh).Set("seriesMasterId", id)
	}
	if len(exceptions) > 0 {
		body = body.Set("exceptionOccurrences", exceptions)
	}
	if cancelled := body.Texts("cancelledOccurrences"); len(cancelled) > 0 {
		for n := range cancelled {
			cancelled[n] = strings.Replace(cancelled[n], old, id, 1)
		}
		body = body.Set("cancelledOccurrences", cancelled)
	}
	return body
}

// renewed gives a body and its attachments other ids.
func renewed(body rawjson.Object, id string, fresh func(purpose string) string) rawjson.Object {
	body = body.Without("immutableId").Set("id", id)
	attachments := body.Objects("attachments")
	if len(attachments) == 0 {
		return body
	}
	for n, attachment := range attachments {
		attachments[n] = attachment.Without("immutableId").Set("id", fresh("attachment"))
	}
	return body.Set("attachments", attachments)
}
