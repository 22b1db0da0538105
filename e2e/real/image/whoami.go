// Answers over HTTP and UDP with who it is and which client it saw: what pods run in `make e2e-real`.
//
// usage: whoami [PORT...]     (80 where none is named; TCP and UDP)
//        whoami pause         waits for SIGTERM: what holds a pod's namespaces together
//
// The answers are those of mockcloud/images/programs/http.py: text, or JSON on `Accept: application/json`.
// POD_NAME and NODE_NAME (by the downward API) say who it is; the pod's name is else its host name.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

type answer struct {
	Pod       string `json:"pod"`
	Namespace string `json:"namespace"`
	Node      string `json:"node"`
	Client    string `json:"client"`
	Host      string `json:"host"`
	Method    string `json:"method"`
	Path      string `json:"path"`
}

var self answer

func main() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	if len(os.Args) == 2 && os.Args[1] == "pause" {
		go reap()
		<-stop
		return
	}
	ports := os.Args[1:]
	if len(ports) == 0 {
		ports = []string{"80"}
	}
	host, _ := os.Hostname()
	self = answer{Pod: named("POD_NAME", host), Namespace: os.Getenv("POD_NAMESPACE"), Node: os.Getenv("NODE_NAME")}
	for _, port := range ports {
		go serve(port)
		go echo(port)
	}
	<-stop
}

func named(variable, otherwise string) string {
	if value := os.Getenv(variable); value != "" {
		return value
	}
	return otherwise
}

// The first process of a pod inherits its orphans.
func reap() {
	ended := make(chan os.Signal, 16)
	signal.Notify(ended, syscall.SIGCHLD)
	for range ended {
		for {
			if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
				break
			}
		}
	}
}

func text(to answer) string {
	return fmt.Sprintf("pod: %s\nnamespace: %s\nnode: %s\nclient: %s\n", to.Pod, to.Namespace, to.Node, to.Client)
}

func serve(port string) {
	log.Fatal(http.ListenAndServe(":"+port, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to := self
		to.Client, to.Host, to.Method, to.Path = unmapped(r.RemoteAddr), r.Host, r.Method, r.URL.Path
		w.Header().Set("X-Pod", to.Pod)
		w.Header().Set("X-Node", to.Node)
		if strings.Contains(r.Header.Get("Accept"), "application/json") {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(to)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintf(w, "%shost: %s\nrequest: %s %s\n", text(to), to.Host, to.Method, to.Path)
	})))
}

// Each family by a socket of its own that is bound to no address: with one for both, replies to IPv6 clients
// could leave by another address than the asked one.
func echo(port string) {
	for _, network := range []string{"udp4", "udp6"} {
		go func() {
			conn, err := net.ListenPacket(network, ":"+port)
			if err != nil {
				log.Printf("%s port %s: %v", network, port, err)
				return
			}
			asked := make([]byte, 65536)
			for {
				size, from, err := conn.ReadFrom(asked)
				if err != nil {
					continue
				}
				to := self
				to.Client = from.String()
				_, _ = conn.WriteTo(append([]byte(text(to)), asked[:size]...), from)
			}
		}()
	}
}

func unmapped(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); ip != nil && ip.To4() != nil {
		host = ip.To4().String()
	}
	return net.JoinHostPort(host, port)
}
