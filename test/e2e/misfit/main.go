// The command misfit is a service that doesn't start, in the way that its argument names.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"log"
	"math/big"
	"net/http"
	"os"
	"strconv"
	"time"
)

func main() {
	log.SetFlags(0)
	server := &http.Server{Addr: ":" + os.Getenv("PORT"), ReadHeaderTimeout: time.Second}
	switch way := os.Args[1]; way {
	case "loopback":
		server.Addr = "127.0.0.1" + server.Addr
	case "silence":
		server.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(time.Hour) })
	case "sleep":
		time.Sleep(time.Hour)
	case "http2":
		server.Protocols = new(http.Protocols)
		server.Protocols.SetUnencryptedHTTP2(true)
	case "tls":
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate()}, MinVersion: tls.VersionTLS13}
		log.Fatal(server.ListenAndServeTLS("", ""))
	case "write":
		log.Fatal(os.WriteFile("/data", nil, 0o600))
	case "read":
		_, err := os.ReadFile("/secret")
		log.Fatal(err)
	case "memory":
		for kept := [][]byte{}; len(kept) < 1<<20; {
			page := make([]byte, 1<<20)
			for i := range page {
				page[i] = 1
			}
			kept = append(kept, page)
		}
	case "panic":
		panic("no DATABASE_URL")
	case "end":
		return
	default:
		status, err := strconv.Atoi(way)
		if err != nil {
			log.Fatal(err)
		}
		server.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	}
	log.Fatal(server.ListenAndServe())
}

// certificate makes one that nobody trusts.
func certificate() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		log.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
