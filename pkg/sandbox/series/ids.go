package series

import (
	"encoding/base64"
	"strings"
	"time"
)

// mark stands between the master's id and the date in the synthetic id of an
// occurrence.
const mark = "FRAAgI"

// OccurrenceID is the id of a series' occurrence on a date; like Exchange's it
// contains the master's. It comes in the form, default or immutable, that the
// master's id has.
func OccurrenceID(masterID string, day time.Time) string {
	return Stem(masterID) + mark + base64.RawURLEncoding.EncodeToString([]byte(day.Format("20060102"))) + "AA="
}

// Stem is an id without its padding, the part that occurrence ids contain.
func Stem(id string) string { return strings.TrimRight(id, "=") }

// SplitOccurrenceID undoes OccurrenceID; ok is false for other ids.
func SplitOccurrenceID(id string) (stem string, day time.Time, ok bool) {
	at := strings.LastIndex(id, mark)
	if at < 0 {
		return "", day, false
	}
	date, err := base64.RawURLEncoding.DecodeString(strings.TrimSuffix(id[at+len(mark):], "AA="))
	if err != nil {
		return "", day, false
	}
	day, err = time.Parse("20060102", string(date))
	return id[:at], day, err == nil
}

// CancelledID is the form in which cancelledOccurrences names a date.
func CancelledID(masterID string, day time.Time) string {
	return "OID." + masterID + "." + day.Format(time.DateOnly)
}
