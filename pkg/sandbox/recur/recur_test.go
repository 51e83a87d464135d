package recur_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/recur"
)

func TestDates(t *testing.T) {
	for _, c := range []struct{ pattern, within, want string }{
		{`"type":"daily","interval":2`, `"type":"numbered","startDate":"2026-02-27","numberOfOccurrences":3`, "02-27 03-01 03-03"},
		{`"type":"weekly","interval":1,"daysOfWeek":["monday","Friday"],"firstDayOfWeek":"sunday"`, `"type":"endDate","startDate":"2026-11-04","endDate":"2026-11-13"`, "11-06 11-09 11-13"},
		{`"type":"weekly","interval":2,"daysOfWeek":["sunday","monday"],"firstDayOfWeek":"monday"`, `"type":"numbered","startDate":"2026-11-02","numberOfOccurrences":4`, "11-02 11-08 11-16 11-22"},
		{`"type":"weekly","interval":2,"daysOfWeek":["sunday","monday"],"firstDayOfWeek":"sunday"`, `"type":"numbered","startDate":"2026-11-02","numberOfOccurrences":4`, "11-02 11-15 11-16 11-29"},
		{`"type":"absoluteMonthly","interval":1,"dayOfMonth":31`, `"type":"numbered","startDate":"2026-01-31","numberOfOccurrences":3`, "01-31 02-28 03-31"},
		{`"type":"relativeMonthly","interval":1,"daysOfWeek":["thursday"],"index":"last"`, `"type":"numbered","startDate":"2026-01-01","numberOfOccurrences":2`, "01-29 02-26"},
		{`"type":"relativeMonthly","interval":3,"daysOfWeek":["monday"],"index":"second"`, `"type":"numbered","startDate":"2026-01-12","numberOfOccurrences":2`, "01-12 04-13"},
		{`"type":"absoluteYearly","interval":1,"dayOfMonth":29,"month":2`, `"type":"numbered","startDate":"2026-02-28","numberOfOccurrences":3`, "02-28 02-28 02-29"},
		{`"type":"daily","interval":0`, `"type":"numbered","startDate":"2026-03-28","numberOfOccurrences":3`, "03-28 03-29 03-30"},
		{`"type":"weekly","interval":3,"daysOfWeek":["saturday"]`, `"type":"endDate","startDate":"2026-03-07","endDate":"2026-05-09"`, "03-07 03-28 04-18 05-09"},
		{`"type":"absoluteMonthly","interval":2,"dayOfMonth":10`, `"type":"numbered","startDate":"2026-10-11","numberOfOccurrences":3`, "12-10 02-10 04-10"},
		{`"type":"relativeMonthly","interval":1,"daysOfWeek":["monday","tuesday","wednesday","thursday","friday"],"index":"last"`, `"type":"numbered","startDate":"2026-05-01","numberOfOccurrences":4`, "05-29 06-30 07-31 08-31"},
		{`"type":"relativeMonthly","interval":1,"daysOfWeek":["saturday","sunday"],"index":"first"`, `"type":"endDate","startDate":"2026-08-01","endDate":"2026-11-30"`, "08-01 09-05 10-03 11-01"},
		{`"type":"relativeMonthly","interval":12,"daysOfWeek":["sunday"],"index":"fourth"`, `"type":"numbered","startDate":"2026-02-23","numberOfOccurrences":2`, "02-28 02-27"},
		{`"type":"relativeYearly","interval":2,"daysOfWeek":["monday"],"index":"last","month":5`, `"type":"numbered","startDate":"2026-05-25","numberOfOccurrences":3`, "05-25 05-29 05-27"},
		{`"type":"relativeYearly","interval":1,"daysOfWeek":["thursday"],"index":"third","month":1`, `"type":"endDate","startDate":"2026-06-01","endDate":"2028-01-20"`, "01-21 01-20"},
		{`"type":"absoluteYearly","interval":1,"dayOfMonth":24,"month":12`, `"type":"endDate","startDate":"2026-12-25","endDate":"2028-12-24"`, "12-24 12-24"},
		{`"type":"relativeYearly","interval":1,"daysOfWeek":["sunday"],"index":"first","month":11`, `"type":"noEnd","startDate":"2024-11-03"`, "11-03 11-02 11-01 11-07 11-05 11-04 11-03"},
	} {
		rule, err := recur.Parse([]byte(`{"pattern":{` + c.pattern + `},"range":{` + c.within + `}}`))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for day := range rule.Between(rule.Start(), time.Date(2030, 12, 31, 0, 0, 0, 0, time.UTC)) {
			got = append(got, day.Format("01-02"))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s %s: %s, want %s", c.pattern, c.within, strings.Join(got, " "), c.want)
		}
		last, ends := rule.End()
		if ends == strings.Contains(c.within, "noEnd") {
			t.Errorf("%s: ends %t", c.within, ends)
		}
		if strings.Contains(c.within, "numbered") && last.Format("01-02") != got[len(got)-1] {
			t.Errorf("%s: ends %s", c.within, last)
		}
	}
}

func TestUnreadableRules(t *testing.T) {
	for _, text := range []string{`{}`, `[]`, `{"pattern":{"type":"hourly"},"range":{"startDate":"2026-01-01"}}`, `{"pattern":{"type":"daily"},"range":{"startDate":"soon"}}`} {
		if rule, err := recur.Parse([]byte(text)); err == nil {
			t.Errorf("%s is read as %s", text, fmt.Sprint(rule))
		}
	}
}
