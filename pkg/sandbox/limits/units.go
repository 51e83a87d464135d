package limits

import (
	"slices"
	"strings"
	"time"
)

// UnitsWindow is the time over which the directory counts resource units of one
// application in one tenant (Graph docs, throttling-limits). Its second limit,
// of an application in all tenants, is out of reach of a single one.
const UnitsWindow = 10 * time.Second

// unitsOf is how many resource units a tenant of so many users grants: small,
// medium, large (Graph docs, throttling-limits).
func unitsOf(users int) int64 {
	switch {
	case users < 50:
		return 3_500
	case users <= 500:
		return 5_000
	}
	return 8_000
}

// Cost is what a request to the directory costs in resource units: path are its
// segments below the version, options the names of its query options, and top
// is negative where $top is absent (Graph docs, throttling-limits).
func Cost(path, options []string, top int) int64 {
	cost := int64(1)
	switch {
	case len(path) == 1 && strings.EqualFold(path[0], "users"):
		cost = 2
	case len(path) > 2 && strings.EqualFold(path[2], "transitiveMembers"):
		cost = 5
	case len(path) > 2 && strings.EqualFold(path[2], "members"):
		cost = 3
	}
	if slices.Contains(options, "$select") {
		cost--
	}
	if slices.Contains(options, "$expand") {
		cost++
	}
	if top >= 0 && top < 20 {
		cost--
	}
	return max(cost, 1)
}

// Spend takes resource units for a request of the application to the directory
// of a tenant with so many users, or says how long to wait. used is the share of
// the limit that is used then, the request included.
func (g *Gate) Spend(app string, users int, cost int64) (why Refusal, wait time.Duration, used float64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	units, now, limit := &g.caller(app).units, g.Now(), unitsOf(users)
	units.add(now, UnitsWindow, cost)
	used = float64(units.total) / float64(limit)
	if g.Enforce && units.total > limit {
		why, wait = g.refuse(OverUnits, units.until(now, UnitsWindow, limit-cost))
	}
	return why, wait, used
}
