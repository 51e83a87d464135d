package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// copyPlainly is what a backup is held against: it fetches the same items over
// TLS, page by page, and puts the bytes on the disk. It looks at nothing but
// the link to the next page.
func copyPlainly(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return errors.New(plainly + " takes a ready file and a folder")
	}
	c, err := newCopier(ctx, args[0], args[1])
	if err != nil {
		return err
	}
	for _, path := range []string{
		"contactFolders/folder-contacts/contacts?$expand=singleValueExtendedProperties($filter=id%20eq%20'String%200x3A24')",
		"calendars/folder-calendar/events?$expand=singleValueExtendedProperties($filter=id%20eq%20'String%200x3A24')",
		"todo/lists/folder-tasks/tasks?$expand=checklistItems&$top=100",
	} {
		if err := c.copy(ctx, c.graph+"/v1.0/users/"+largeFrom+"/"+path); err != nil {
			return err
		}
	}
	fmt.Printf("%d bytes in %d pages\n", c.bytes, c.pages)
	return nil
}

type copier struct {
	client               *http.Client
	graph, token, folder string
	bytes, pages         int
	page                 bytes.Buffer
}

func newCopier(ctx context.Context, file, folder string) (*copier, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var ready struct{ Graph, Authority, TenantID, ClientID, ClientSecret, CAFile string }
	if err := json.Unmarshal(data, &ready); err != nil {
		return nil, err
	}
	pem, err := os.ReadFile(ready.CAFile)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	c := &copier{
		client: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}},
		graph:  ready.Graph, folder: folder,
	}
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {ready.ClientID}, "client_secret": {ready.ClientSecret}, "scope": {ready.Graph + "/.default"},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, ready.Authority+"/"+ready.TenantID+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := c.fetch(req); err != nil {
		return nil, err
	}
	var granted struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(c.page.Bytes(), &granted); err != nil {
		return nil, err
	}
	c.token = granted.Token
	return c, os.MkdirAll(folder, 0o700)
}

// fetch reads one answer.
func (c *copier) fetch(req *http.Request) error {
	resp, err := c.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	c.page.Reset()
	if _, err := io.Copy(&c.page, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %.500s", resp.Status, c.page.Bytes())
	}
	return nil
}

// copy follows a listing to its end, into one file.
func (c *copier) copy(ctx context.Context, address string) (err error) {
	file, err := os.Create(filepath.Join(c.folder, fmt.Sprint(c.pages)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	for address != "" {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+c.token)
		req.Header.Set("Prefer", `IdType="ImmutableId", odata.maxpagesize=200`)
		if err := c.fetch(req); err != nil {
			return err
		}
		if _, err := file.Write(c.page.Bytes()); err != nil {
			return err
		}
		c.bytes, c.pages, address = c.bytes+c.page.Len(), c.pages+1, nextOf(c.page.Bytes())
	}
	return file.Sync()
}

// nextOf finds the link to the next page, which stands before the items or
// behind them.
func nextOf(page []byte) string {
	const name = `"@odata.nextLink":`
	for _, part := range [][]byte{page[:min(len(page), 2000)], page[max(0, len(page)-2000):]} {
		if at := bytes.Index(part, []byte(name)); at >= 0 {
			var link string
			if json.NewDecoder(bytes.NewReader(part[at+len(name):])).Decode(&link) == nil {
				return link
			}
		}
	}
	return ""
}
