package apply

import (
	"context"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

// twins let imports of one name into one folder go one after the other. They
// bear no mark: of two that nobody heard of, a listing that shows one could not
// tell which it is, and the other would be given up for a second copy of it.
type twins map[name]*turn

type name struct{ folder, title string }

func nameOf(it item.Item) name { return name{it.Folder.ID, it.Title} }

// turn is one import's place among those of its name.
type turn struct {
	before *turn // nil for the first
	over   chan struct{}
	doubt  bool // it, or one before, is in doubt; to be read when it is over
}

// next is the turn of a step, after those of its name that came before. What is
// posted bears a mark and waits for nobody.
func (ts twins) next(s plan.Step) *turn {
	t := &turn{over: make(chan struct{})}
	if s.Way == plan.ByStream {
		key := name{s.FolderID, s.Title}
		t.before, ts[key] = ts[key], t
	}
	return t
}

// inTurn does a step when its turn comes, and leaves it for the next round when
// one before is in doubt or the work has stopped.
func (w *worker) inTurn(ctx, stopped context.Context, t task, mine *turn) error {
	defer close(mine.over)
	mine.doubt = true
	if mine.before != nil {
		select {
		case <-mine.before.over:
			if mine.before.doubt {
				return nil
			}
		case <-stopped.Done():
		}
	}
	select {
	case <-stopped.Done(): // while this one waited for its turn
		return nil
	default:
	}
	err := w.step(ctx, t)
	mine.doubt = !w.state.settled(w.key(*t.step))
	return err
}
