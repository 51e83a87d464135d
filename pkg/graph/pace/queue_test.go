package pace_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/graph/pace"
)

// few is what there is room for after ten seconds, and again after each one more.
var few = pace.Load{Requests: 20}

// full makes an app that may not send any more just now, but a few a second, so many
// times, when ten are over.
func full(t *testing.T, times int) *pace.App {
	t.Helper()
	app := pace.NewApp(time.Now)
	enter := func(l pace.Load) func() {
		leave, err := app.Gate().Enter(t.Context(), 0, l)
		if err != nil {
			t.Fatal(err)
		}
		return leave
	}
	for second := range times {
		time.AfterFunc(time.Duration(second)*time.Second, enter(few))
	}
	for left := pace.All - times*few.Requests; left > 0; left -= pace.Requests {
		time.AfterFunc(time.Minute, enter(pace.Load{Requests: min(left, pace.Requests)}))
	}
	return app
}

// TestTheOldestGoesFirst: a mailbox that was begun before another gets the room
// that there is, though it asked for it later.
func TestTheOldestGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const boxes = 8
		app := full(t, boxes)
		var gates []*pace.Gate
		for range boxes {
			gates = append(gates, app.Gate())
		}
		var group sync.WaitGroup
		for age, gate := range slices.Backward(gates) {
			group.Go(func() { enters(t, gate, time.Duration(10+age)*time.Second) })
			synctest.Wait()
		}
		group.Wait()
		time.Sleep(time.Minute) // what fills the app leaves
	})
}

// enters lets a few requests in and says when that should be, from the start.
func enters(t *testing.T, gate *pace.Gate, want time.Duration) {
	start := time.Now()
	leave, err := gate.Enter(t.Context(), time.Hour, few)
	if took := time.Since(start).Truncate(time.Second); err != nil || took != want {
		t.Errorf("%v after %s, want to be let in after %s", err, took, want)
		return
	}
	leave()
}

// TestWhoGaveUpHoldsNobody: room that was kept for an older mailbox is free again.
func TestWhoGaveUpHoldsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := full(t, 1)
		old, young := app.Gate(), app.Gate()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := old.Enter(ctx, 0, few); err == nil {
			t.Fatal("there was no room")
		}
		enters(t, young, 9*time.Second)
		time.Sleep(time.Minute) // what fills the app leaves
	})
}

// TestWhoIsKeptByTheMailboxHoldsNobody: an older mailbox whose four places are taken,
// or which the service has closed, keeps no room from a younger one.
func TestWhoIsKeptByTheMailboxHoldsNobody(t *testing.T) {
	for name, keep := range map[string]func(*testing.T, *pace.Gate){
		"places": func(t *testing.T, old *pace.Gate) {
			for range pace.InService { // calls that count for no limit
				leave, err := old.Enter(t.Context(), 0, pace.Load{})
				if err != nil {
					t.Fatal(err)
				}
				time.AfterFunc(time.Minute, leave)
			}
		},
		"closed": func(_ *testing.T, old *pace.Gate) { old.Close(time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				app := full(t, 1)
				old, young := app.Gate(), app.Gate()
				var group sync.WaitGroup
				group.Go(func() { enters(t, old, 65*time.Second) })
				synctest.Wait()
				group.Go(func() { enters(t, young, 10*time.Second) })
				time.Sleep(5 * time.Second)
				keep(t, old)
				group.Wait()
			})
		})
	}
}
