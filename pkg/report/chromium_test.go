package report

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// chromium is a browser without a window, driven through a pipe by its DevTools
// protocol.
type chromium struct {
	t       *testing.T
	ctx     context.Context
	in      io.WriteCloser
	session string

	mu      sync.Mutex
	next    int
	answers map[int]chan answer
	events  []answer
	gone    chan struct{}
}

type answer struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// startChromium starts one with a page that reaches no network, or skips the test.
func startChromium(t *testing.T) *chromium {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skipf("skipped: there is no chromium here, and a page is for browsers (Debian's package is called chromium)")
	}
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(stop)
	itsIn, ourOut := pipe(t)
	ourIn, itsOut := pipe(t)
	profile, err := os.MkdirTemp("", "riva-prep-chromium-*")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-extensions", "--disable-background-networking", "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND",
		"--remote-debugging-pipe", "--user-data-dir="+profile, "about:blank")
	cmd.ExtraFiles = []*os.File{itsIn, itsOut} // 3 and 4
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = itsIn.Close(), itsOut.Close()
	c := &chromium{t: t, ctx: ctx, in: ourOut, answers: map[int]chan answer{}, gone: make(chan struct{})}
	go c.listen(ourIn)
	t.Cleanup(func() {
		c.session = ""
		c.send("Browser.close", nil)
		_ = cmd.Wait()
		_ = ourOut.Close()
		<-c.gone
		for range 100 { // its last children still write there
			if os.RemoveAll(profile) == nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	})
	return c
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return r, w
}

// listen sorts what the browser says until it ends.
func (c *chromium) listen(from io.ReadCloser) {
	defer func() { _ = from.Close(); close(c.gone) }()
	in := bufio.NewReader(from)
	for {
		message, err := in.ReadBytes(0)
		if err != nil {
			return
		}
		var a answer
		if json.Unmarshal(message[:len(message)-1], &a) != nil {
			continue
		}
		c.mu.Lock()
		if to := c.answers[a.ID]; to != nil {
			to <- a
			delete(c.answers, a.ID)
		} else {
			c.events = append(c.events, a)
		}
		c.mu.Unlock()
	}
}

func (c *chromium) send(method string, params any) chan answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next++
	message := map[string]any{"id": c.next, "method": method}
	if params != nil {
		message["params"] = params
	}
	if c.session != "" {
		message["sessionId"] = c.session
	}
	data, err := json.Marshal(message)
	if err != nil {
		c.t.Fatal(err)
	}
	to := make(chan answer, 1)
	c.answers[c.next] = to
	_, _ = c.in.Write(append(data, 0))
	return to
}

// call waits for what comes of a command, and puts its result into the target.
func (c *chromium) call(method string, params, result any) {
	c.t.Helper()
	select {
	case a := <-c.send(method, params):
		if a.Error != nil {
			c.t.Fatalf("%s: %s", method, a.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(a.Result, result); err != nil {
				c.t.Fatalf("%s: %v in %s", method, err, a.Result)
			}
		}
	case <-c.gone:
		c.t.Fatalf("%s: the browser has ended", method)
	case <-c.ctx.Done():
		c.t.Fatalf("%s: no answer", method)
	}
}

type params map[string]any

// open opens a page of its own for a test.
func (c *chromium) open(t *testing.T) {
	t.Helper()
	c.t, c.session = t, ""
	c.forget()
	var target struct{ TargetID string }
	c.call("Target.createTarget", params{"url": "about:blank"}, &target)
	var session struct{ SessionID string }
	c.call("Target.attachToTarget", params{"targetId": target.TargetID, "flatten": true}, &session)
	c.session = session.SessionID
	for _, domain := range []string{"Page", "Runtime", "Network", "Log"} {
		c.call(domain+".enable", nil, nil)
	}
	c.call("Network.emulateNetworkConditions", params{"offline": true, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}, nil)
}

// load opens a file and waits until its script has run.
func (c *chromium) load(file string) {
	c.t.Helper()
	c.call("Page.navigate", params{"url": "file://" + file}, nil)
	c.until(`document.readyState === "complete" && location.protocol === "file:"`)
}

// run evaluates a script in the page and puts what comes of it, or of the
// promise that comes of it, into the target.
func (c *chromium) run(script string, target any) {
	c.t.Helper()
	var out struct {
		Result struct {
			Value json.RawMessage
		}
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	c.call("Runtime.evaluate", params{"expression": script, "returnByValue": true, "awaitPromise": true, "userGesture": true}, &out)
	if out.ExceptionDetails != nil {
		c.t.Fatalf("%s: %s %s", script, out.ExceptionDetails.Text, out.ExceptionDetails.Exception.Description)
	}
	if target != nil {
		if err := json.Unmarshal(out.Result.Value, target); err != nil {
			c.t.Fatalf("%s gave %s: %v", script, out.Result.Value, err)
		}
	}
}

// until waits for a condition in the page.
func (c *chromium) until(condition string) {
	c.t.Helper()
	c.run(fmt.Sprintf(`new Promise((done, fail) => {
		const until = Date.now() + 60000;
		const look = () => (%s) ? done(true) : Date.now() > until ? fail(new Error("not within a minute")) : setTimeout(look, 20);
		look();
	})`, condition), nil)
}

// complaints are errors, refusals of the policy and requests for anything but
// the page itself, as far as they came until now.
func (c *chromium) complaints(file string) (found []string) {
	c.t.Helper()
	c.run("1", nil) // what the browser said before this has come
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.events {
		switch e.Method {
		case "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded":
			found = append(found, string(e.Params))
		case "Network.requestWillBeSent":
			var p struct{ Request struct{ URL string } }
			if json.Unmarshal(e.Params, &p) != nil || p.Request.URL != "file://"+file && !strings.HasPrefix(p.Request.URL, "blob:") {
				found = append(found, "asked for "+p.Request.URL)
			}
		}
	}
	return found
}

// forget drops what was said, before another page.
func (c *chromium) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events = nil
}
