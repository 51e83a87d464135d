package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// deletions takes what a purge of 20,000 items costs beyond one of 2,000. Its
// own part, the deletions with their journal, is the purge less the planning and
// the backup that it begins with, each measured alone. The items are in four
// mailboxes, since Exchange serves each 10,000 requests in ten minutes.
func (b *bench) deletions() error {
	small, err := b.purge(4, 500)
	if err != nil {
		return err
	}
	large, err := b.purge(4, 5_000)
	if err != nil {
		return err
	}
	more := large.deleted - small.deleted
	each := func(what string, part func(purge) time.Duration) {
		row("  "+what, "%.0f µs of CPU", float64((part(large)-part(small)).Microseconds())/float64(more))
	}
	row(fmt.Sprintf("purge of %d items", large.deleted), "%s", large.whole)
	each("each item more", func(p purge) time.Duration { return p.whole.cpu })
	each("of that planning", func(p purge) time.Duration { return p.plan.cpu })
	each("of that the backup, read back", func(p purge) time.Duration { return p.backup.cpu })
	each("of that the deletion, with its journal", func(p purge) time.Duration { return p.whole.cpu - p.plan.cpu - p.backup.cpu })
	return nil
}

// purge is what it costs to plan, to back up, and to do both and delete.
type purge struct {
	deleted             int
	plan, backup, whole usage
	counts              counts
}

// counts are the sandbox's figures.
type counts struct {
	Refused, MaxMailboxes int
	ByStatus              map[string]int
}

// purge deletes the plug-in's items of so many mailboxes of n items.
func (b *bench) purge(boxes, n int, play ...string) (p purge, err error) {
	file := filepath.Join(b.folder, fmt.Sprintf("tenant-%d-of-%d.json", boxes, n))
	if err := writeFleet(file, boxes, n); err != nil {
		return p, err
	}
	ready := file + ".ready"
	stop, err := b.serve(file, ready, play...)
	if err != nil {
		return p, err
	}
	defer stop()
	at := []string{"--all", "--sandbox", ready, "--parallel", fmt.Sprint(boxes), "--output", "json"}
	args := append([]string{"purge", "--category", "Sync with Salesforce", "--store", file + ".store"}, at...)
	if p.plan, err = b.take(b.binary, append(args, "--dry-run")...); err != nil {
		return p, err
	}
	if len(play) == 0 { // a crowd is measured as a whole
		if p.backup, err = b.take(b.binary, append([]string{"backup", "--store", file + ".copy"}, at...)...); err != nil {
			return p, err
		}
	}
	var plan struct{ Digest string }
	if err := json.Unmarshal(p.plan.stdout, &plan); err != nil {
		return p, err
	}
	if p.whole, err = b.take(b.binary, append(args, "--approve", plan.Digest)...); err != nil {
		return p, err
	}
	p.counts, err = ask(b.ctx, ready)
	p.deleted = p.counts.ByStatus["204"]
	return p, err
}

// ask reads the sandbox's figures.
func ask(ctx context.Context, file string) (c counts, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return c, err
	}
	var ready struct{ Control, CAFile string }
	if err := json.Unmarshal(data, &ready); err != nil {
		return c, err
	}
	pem, err := os.ReadFile(ready.CAFile)
	if err != nil {
		return c, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, ready.Control+"requests?last=0", http.NoBody)
	if err != nil {
		return c, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return c, err
	}
	defer func() { _ = resp.Body.Close() }()
	return c, json.NewDecoder(resp.Body).Decode(&c)
}

// crowd purges a thousand mailboxes at once. Each request takes the service a
// while, so that all are in flight; the sandbox counts how many were.
func (b *bench) crowd() error {
	const boxes = 1000
	p, err := b.purge(boxes, 10, "--latency", "3s")
	if err != nil {
		return err
	}
	row(fmt.Sprintf("purge of %d items in %d mailboxes, --parallel %d", p.deleted, boxes, boxes), "%s", p.whole)
	row("  mailboxes with a request in service at once", "%d; %d requests refused", p.counts.MaxMailboxes, p.counts.Refused)
	return nil
}
