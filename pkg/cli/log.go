package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/graph"
)

// logFlags choose the log, which names every try of a request, and no id,
// address or content of anything in a mailbox.
type logFlags struct{ file, format string }

func (f *logFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.file, "log-file", "", "add a line to `FILE` for every request, and for how the command ended")
	flags.StringVar(&f.format, "log-format", "text", "of that file: text or json")
}

// openLog begins the log of a command, if one is wanted.
func (a *app) openLog(cmd *cobra.Command) error {
	f := a.global.log
	if f.format != "text" && f.format != "json" {
		return exit.Wrong(fmt.Errorf("unknown log format %q", f.format), "--log-format takes text or json")
	}
	if f.file == "" {
		return nil
	}
	file, err := os.OpenFile(f.file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return exit.Wrong(fmt.Errorf("the log cannot be written: %w", err), "--log-file takes a file in a folder that is there")
	}
	a.logFile = file
	var handler slog.Handler = slog.NewTextHandler(file, nil)
	if f.format == "json" {
		handler = slog.NewJSONHandler(file, nil)
	}
	began := a.env.Now()
	a.log = slog.New(handler).With("run", fmt.Sprintf("%s-%d", began.UTC().Format("20060102T150405.000Z"), a.env.PID))
	a.log.Info("begun", "command", cmd.CommandPath(), "version", version(), "host", a.env.Host)
	return nil
}

// closeLog says how the command ended. An error's text may hold names, so that
// its exit code has to do.
func (a *app) closeLog(code int) error {
	if a.log == nil {
		return nil
	}
	a.log.Info("ended", "exit", code)
	err := a.logFile.Close()
	a.log, a.logFile = nil, nil
	if err != nil {
		return errors.Join(errors.New("the log is not whole"), err)
	}
	return nil
}

// logRun ties the lines of this command to a run in the store.
func (a *app) logRun(name string) {
	if a.log != nil && name != "" {
		a.log.Info("run of the store", "name", name)
	}
}

// observed is what is done with every try of a request.
func (a *app) observed(x graph.Exchange) {
	if a.conn.observe != nil {
		a.conn.observe(x)
	}
	if x.RetryAfter > 0 {
		why := "the service is busy"
		if x.Status == http.StatusTooManyRequests {
			why = "throttled by the service"
		}
		a.console.Wait(why, x.RetryAfter)
	}
	if a.log != nil {
		logExchange(a.log, x)
	}
}

func logExchange(log *slog.Logger, x graph.Exchange) {
	level := slog.LevelInfo
	if x.Failed {
		level = slog.LevelWarn
	}
	attrs := []any{
		"method", x.Method, "path", x.Path, "status", x.Status, "try", x.Try,
		"ms", x.Duration.Round(time.Millisecond).Milliseconds(), "request-id", x.RequestID,
	}
	if x.RetryAfter > 0 {
		attrs = append(attrs, "retry-after", x.RetryAfter.String())
	}
	log.Log(context.Background(), level, "request", attrs...)
}
