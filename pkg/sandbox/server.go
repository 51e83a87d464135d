package sandbox

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// Ready is what a client needs to know of a listening sandbox.
type Ready struct {
	// Graph is the root of the service, less its version: https://127.0.0.1:1234
	Graph string `json:"graph"`
	// Authority is the sign-in service's root.
	Authority    string `json:"authority"`
	TenantID     string `json:"tenantId"`
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
	// CAFile is the PEM file of the certificate authority to trust.
	CAFile string `json:"caFile"`
	// Control is the root of the control endpoints, with a slash at its end.
	Control string `json:"control"`
}

// Server is a sandbox that listens on loopback.
type Server struct {
	ready    Ready
	listener net.Listener
	server   *http.Server
	folder   string
	open     atomic.Int64 // connections
}

// Listen opens addr, "host:port" with a loopback host, and prepares TLS with a
// certificate of its own. Nothing is answered before Serve. Close removes the
// certificate's file.
func (s *Sandbox) Listen(addr string) (*Server, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: give it as host:port, such as 127.0.0.1:0: %w", addr, err)
	}
	if !loopback(host) {
		return nil, fmt.Errorf("listen on %q: the sandbox serves loopback only; use 127.0.0.1, ::1 or localhost", addr)
	}
	certificate, authority, err := certificates()
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	folder, err := os.MkdirTemp("", "riva-prep-sandbox-*")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the certificate: %w", err)
	}
	file := filepath.Join(folder, "ca.pem")
	if err := os.WriteFile(file, authority, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("write the certificate: %w", err), os.RemoveAll(folder))
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen on %q: %w", addr, err), os.RemoveAll(folder))
	}
	root := "https://" + listener.Addr().String()
	server := &Server{
		ready: Ready{
			Graph: root, Authority: root, TenantID: s.TenantID(), ClientID: s.ClientID(), ClientSecret: s.ClientSecret(),
			CAFile: file, Control: root + "/sandbox/",
		},
		listener: listener, folder: folder,
		server: &http.Server{
			Handler:           loopbackOnly(s),
			TLSConfig:         &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
			ReadHeaderTimeout: 10 * time.Second,
			ErrorLog:          nil,
		},
	}
	server.server.ConnState = server.count
	return server, nil
}

// count keeps the number of open connections.
func (s *Server) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.open.Add(-1)
	case http.StateActive, http.StateIdle:
	}
}

// Connections is how many connections are open.
func (s *Server) Connections() int { return int(s.open.Load()) }

// loopback tells whether a host name or address is this machine's own.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// loopbackOnly turns away requests for other hosts, which reach a loopback port
// only by a name that was made to point there.
func loopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if !loopback(strings.Trim(host, "[]")) {
			http.Error(w, "the sandbox answers for loopback hosts only", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Ready is what a client needs to know.
func (s *Server) Ready() Ready { return s.ready }

// grace is how long requests in service may take when the server stops.
const grace = 5 * time.Second

// Serve answers requests until ctx ends, then finishes those in service. It
// returns nil when it stopped because of ctx or Close.
func (s *Server) Serve(ctx context.Context) error {
	failed := make(chan error, 1)
	go func() { failed <- s.server.ServeTLS(s.listener, "", "") }()
	select {
	case err := <-failed:
		if errors.Is(err, http.ErrServerClosed) {
			return nil
		}
		return fmt.Errorf("serve the sandbox: %w", err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := s.server.Shutdown(stop); err != nil {
		return errors.Join(err, s.server.Close())
	}
	return nil
}

// Close stops at once and removes the certificate's file.
func (s *Server) Close() error {
	err := s.server.Close()
	if closed := s.listener.Close(); !errors.Is(closed, net.ErrClosed) {
		err = errors.Join(err, closed)
	}
	return errors.Join(err, os.RemoveAll(s.folder))
}

// validity is how long the certificate can be used.
const validity = 30 * 24 * time.Hour

// certificates makes an authority and a certificate for loopback signed by it.
func certificates() (tls.Certificate, []byte, error) {
	var none tls.Certificate
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return none, nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return none, nil, err
	}
	// TLS is checked against the machine's clock, whatever the tenant's says.
	now := time.Now()
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "riva-prep sandbox authority"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(validity), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "riva-prep sandbox"},
		NotBefore: authority.NotBefore, NotAfter: authority.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	authorityDER, err := x509.CreateCertificate(rand.Reader, authority, authority, &authorityKey.PublicKey, authorityKey)
	if err != nil {
		return none, nil, err
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, authority, &key.PublicKey, authorityKey)
	if err != nil {
		return none, nil, err
	}
	pemText := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authorityDER})
	return tls.Certificate{Certificate: [][]byte{leafDER, authorityDER}, PrivateKey: key}, pemText, nil
}
