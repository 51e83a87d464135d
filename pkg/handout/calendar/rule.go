package calendar

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/handout/form"
	"github.com/riva-prep/riva-prep/pkg/item"
)

// rule is the recurrence as an RRULE; ok is false for a pattern that Graph does
// not document.
func (c *Calendar) rule(e form.Event, loc *time.Location) (rule string, ok bool) {
	p := e.Recurrence.Pattern
	parts := pattern(p)
	if parts == nil {
		return "", false
	}
	if moves(p) {
		c.notes.Add(item.Events, ShortMonth)
	}
	if p.Interval > 1 {
		parts = append(parts, fmt.Sprintf("INTERVAL=%d", p.Interval))
	}
	if limit := limit(e, loc); limit != "" {
		parts = append(parts, limit)
	}
	return strings.Join(parts, ";"), true
}

func pattern(p form.Pattern) []string {
	days := byDay(p.DaysOfWeek)
	position, known := map[string]string{"first": "1", "second": "2", "third": "3", "fourth": "4", "last": "-1"}[strings.ToLower(p.Index)]
	month := fmt.Sprintf("BYMONTH=%d", p.Month)
	switch kind := strings.ToLower(p.Type); {
	case kind == "daily":
		return []string{"FREQ=DAILY"}
	case kind == "weekly" && days != "":
		return append([]string{"FREQ=WEEKLY", days}, weekStart(p.FirstDayOfWeek)...)
	case kind == "absolutemonthly" && p.DayOfMonth > 0:
		return []string{"FREQ=MONTHLY", monthDay(p)}
	case kind == "absoluteyearly" && p.DayOfMonth > 0 && p.Month > 0:
		return []string{"FREQ=YEARLY", month, monthDay(p)}
	case kind == "relativemonthly" && days != "" && known:
		return []string{"FREQ=MONTHLY", days, "BYSETPOS=" + position}
	case kind == "relativeyearly" && days != "" && known && p.Month > 0:
		return []string{"FREQ=YEARLY", month, days, "BYSETPOS=" + position}
	}
	return nil
}

func weekdays() []string {
	return []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
}

// code is the two letters of a weekday, empty for what is none.
func code(day string) string {
	if day = strings.ToLower(day); !slices.Contains(weekdays(), day) {
		return ""
	}
	return strings.ToUpper(day[:2])
}

func byDay(days []string) string {
	var codes []string
	for _, day := range days {
		if c := code(day); c != "" {
			codes = append(codes, c)
		}
	}
	if len(codes) == 0 {
		return ""
	}
	return "BYDAY=" + strings.Join(codes, ",")
}

// weekStart matters to every second week and the like; Graph's default is
// Sunday, iCalendar's Monday.
func weekStart(day string) []string {
	if c := code(day); c != "" {
		return []string{"WKST=" + c}
	}
	return []string{"WKST=SU"}
}

// monthDay is the day of the month. Exchange takes the last day of a month
// that is too short (EWS docs, DayOfMonth), which iCalendar can say only of the
// last day of any month.
func monthDay(p form.Pattern) string {
	if p.DayOfMonth >= longest(p) {
		return "BYMONTHDAY=-1"
	}
	return fmt.Sprintf("BYMONTHDAY=%d", p.DayOfMonth)
}

// longest is the length of the month meant, of the longest one if it is any.
func longest(p form.Pattern) int {
	if strings.EqualFold(p.Type, "absoluteYearly") {
		const leapYear = 2024
		return time.Date(leapYear, time.Month(p.Month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
	}
	return 31
}

// moves says whether Exchange moves a date that monthDay cannot move.
func moves(p form.Pattern) bool {
	return strings.EqualFold(p.Type, "absoluteMonthly") && p.DayOfMonth > 28 && p.DayOfMonth < 31
}

// limit is COUNT, or UNTIL: the end of the last day in the zone of the series,
// told in UTC; of an all-day series the day itself.
func limit(e form.Event, loc *time.Location) string {
	r := e.Recurrence.Range
	switch strings.ToLower(r.Type) {
	case "numbered":
		if r.Occurrences > 0 {
			return fmt.Sprintf("COUNT=%d", r.Occurrences)
		}
	case "enddate":
		day, err := time.Parse(time.DateOnly, r.EndDate)
		if err != nil || day.Year() <= 1 {
			return ""
		}
		if e.AllDay {
			return "UNTIL=" + day.Format(dateOnly)
		}
		return "UNTIL=" + time.Date(day.Year(), day.Month(), day.Day(), 23, 59, 59, 0, loc).UTC().Format(utcTime)
	}
	return ""
}
