package report

import (
	"io"
	"time"

	"github.com/riva-prep/riva-prep/pkg/plan"
)

func HTML(w io.Writer, p plan.Plan, r *RunView, now time.Time) error { return nil }
