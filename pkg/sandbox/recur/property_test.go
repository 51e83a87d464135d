package recur_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/sandbox/recur"
)

var weekdays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// rules are rules of every pattern and range.
func rules(t *rapid.T) recur.Rule {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 1500).Draw(t, "start"))
	r := recur.Rule{
		Pattern: recur.Pattern{
			Type:           rapid.SampledFrom([]string{"daily", "weekly", "absoluteMonthly", "relativeMonthly", "absoluteYearly", "relativeYearly"}).Draw(t, "pattern"),
			Interval:       rapid.IntRange(1, 6).Draw(t, "interval"),
			Month:          rapid.IntRange(1, 12).Draw(t, "month"),
			DayOfMonth:     rapid.IntRange(1, 31).Draw(t, "day of month"),
			DaysOfWeek:     rapid.SliceOfNDistinct(rapid.SampledFrom(weekdays), 1, 7, rapid.ID[string]).Draw(t, "weekdays"),
			FirstDayOfWeek: rapid.SampledFrom(weekdays).Draw(t, "first day of week"),
			Index:          rapid.SampledFrom([]string{"first", "second", "third", "fourth", "last"}).Draw(t, "index"),
		},
		Range: recur.Range{
			Type:      rapid.SampledFrom([]string{"endDate", "noEnd", "numbered"}).Draw(t, "range"),
			StartDate: start.Format(time.DateOnly), EndDate: start.AddDate(0, 0, rapid.IntRange(0, 900).Draw(t, "days")).Format(time.DateOnly),
			NumberOfOccurrences: rapid.IntRange(1, 60).Draw(t, "number"),
		},
	}
	return r
}

// Rapid prints the seed of a failure and how to repeat it.
func TestOccurrencesAscendWithinTheirRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rules(t)
		from := r.Start().AddDate(0, 0, rapid.IntRange(-50, 400).Draw(t, "from"))
		to := from.AddDate(0, 0, rapid.IntRange(0, 800).Draw(t, "to"))
		end, ends := r.End()
		if ends == (r.Range.Type == "noEnd") {
			t.Fatalf("ends: %t", ends)
		}
		var before time.Time
		count := 0
		for day := range r.Between(from, to) {
			count++
			switch {
			case !day.After(before):
				t.Fatalf("%s comes after %s", day, before)
			case day.Before(from) || day.After(to):
				t.Fatalf("%s is not from %s to %s", day, from, to)
			case day.Before(r.Start()) || ends && day.After(end):
				t.Fatalf("%s is outside the series, %s to %s", day, r.Start(), end)
			case day != day.Truncate(24*time.Hour):
				t.Fatalf("%s is no date", day)
			}
			before = day
		}
		if r.Range.Type == "numbered" && count > r.Range.NumberOfOccurrences {
			t.Fatalf("%d occurrences of %d", count, r.Range.NumberOfOccurrences)
		}
	})
}

// A window shows the same dates as the same part of the whole.
func TestAWindowIsAPartOfTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rules(t)
		from := r.Start().AddDate(0, 0, rapid.IntRange(0, 300).Draw(t, "from"))
		to := from.AddDate(0, 0, rapid.IntRange(0, 300).Draw(t, "to"))
		want, got := "", ""
		for day := range r.Between(r.Start(), to) {
			if !day.Before(from) {
				want += fmt.Sprintln(day)
			}
		}
		for day := range r.Between(from, to) {
			got += fmt.Sprintln(day)
		}
		if got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	})
}
