// Package faultproxy is a TCP proxy for tests, that fails as networks do: it cuts
// connections at a chosen message, or swallows what is sent without telling either
// side.
package faultproxy

import (
	"net"
	"sync"
)

// Verdict is what becomes of what a client sends.
type Verdict int

// Verdicts. A cut connection ends for both sides; the other ones go on.
const (
	Pass      Verdict = iota
	CutBefore         // the server does not get it
	CutAfter          // the server gets it, the client gets no answer
)

// Proxy passes connections to one server.
type Proxy struct {
	target   string
	listener net.Listener
	done     sync.WaitGroup

	mu      sync.Mutex
	changed *sync.Cond
	dropped bool
	judge   func([]byte) Verdict
	open    map[net.Conn]bool
	closed  bool
}

// Listen starts a proxy to a server on a port of the loopback address.
func Listen(target string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{target: target, listener: l, open: map[net.Conn]bool{}}
	p.changed = sync.NewCond(&p.mu)
	p.done.Go(p.accept)
	return p, nil
}

// Addr is where clients connect.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Drop swallows everything from now on, in both directions, new connections
// included, until Mend: nobody is told, as behind a firewall that lost its state.
func (p *Proxy) Drop() { p.set(func() { p.dropped = true }) }

// Mend passes everything again. What was swallowed meanwhile is not sent again:
// the connections of that time are cut.
func (p *Proxy) Mend() {
	p.set(func() {
		p.dropped = false
		p.cutAll()
	})
}

// Judge asks fn about each piece that a client sends; nil passes all.
func (p *Proxy) Judge(fn func([]byte) Verdict) { p.set(func() { p.judge = fn }) }

// Close cuts all connections and takes no more.
func (p *Proxy) Close() error {
	err := p.listener.Close()
	p.set(func() {
		p.closed = true
		p.cutAll()
	})
	p.done.Wait()
	return err
}

func (p *Proxy) set(fn func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fn()
	p.changed.Broadcast()
}

func (p *Proxy) cutAll() {
	for c := range p.open {
		c.Close()
	}
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.done.Go(func() { p.serve(client) })
	}
}

// serve passes one connection on until either side ends it.
func (p *Proxy) serve(client net.Conn) {
	if !p.keep(client) {
		return
	}
	defer p.forget(client)
	server, err := net.Dial("tcp", p.target)
	if err != nil || !p.keep(server) {
		return
	}
	defer p.forget(server)
	var both sync.WaitGroup
	both.Go(func() {
		last := p.pass(client, server, true)
		client.Close()
		if last != CutAfter { // else when the server has answered, below
			server.Close()
		}
	})
	both.Go(func() {
		p.pass(server, client, false)
		client.Close()
		server.Close()
	})
	both.Wait()
}

func (p *Proxy) keep(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		c.Close()
		return false
	}
	p.open[c] = true
	return true
}

func (p *Proxy) forget(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, c)
	c.Close()
}

// pass copies until an end, and says which.
func (p *Proxy) pass(from, to net.Conn, ask bool) Verdict {
	b := make([]byte, 1<<16)
	for {
		n, err := from.Read(b)
		if n > 0 {
			v := p.verdict(b[:n], ask)
			if v == CutBefore {
				return v
			}
			if _, err := to.Write(b[:n]); err != nil || v == CutAfter {
				return v
			}
		}
		if err != nil {
			return Pass
		}
	}
}

// verdict waits while everything is swallowed: the connection is cut by Mend.
func (p *Proxy) verdict(piece []byte, ask bool) Verdict {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dropped {
		for p.dropped && !p.closed {
			p.changed.Wait()
		}
		return CutBefore
	}
	if ask && p.judge != nil {
		return p.judge(piece)
	}
	return Pass
}
