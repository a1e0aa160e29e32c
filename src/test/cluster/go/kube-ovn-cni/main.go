// A CNI plugin that stands in for Kube-OVN's: it asks the node's daemon over a unix socket, and changes nothing itself.
//
// The requests are POST http://dummy/api/v1/add and http://dummy/api/v1/del, with the type request below as JSON.
// The daemon answers add with 200 and the type response below, and del with 204.
// Any other status is an error, whose text is the field "error" of a JSON body, else the body.
// The field names are those of Kube-OVN 1.17's CniRequest and CniResponse.
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/types"
	current "github.com/containernetworking/cni/pkg/types/100"
	"github.com/containernetworking/cni/pkg/version"
)

const defaultSocket = "/run/openvswitch/kube-ovn-daemon.sock"

// The container runtime gives up a sandbox after two minutes.
const patience = 100 * time.Second

type network struct {
	types.NetConf
	ServerSocket  string  `json:"server_socket"`
	Provider      string  `json:"provider"`
	DeviceID      string  `json:"deviceID"` // PCI address of the VF, which Multus adds
	VfDriver      string  `json:"vf_driver"`
	Routes        []route `json:"routes"`
	RuntimeConfig struct {
		DeviceID string `json:"deviceID"`
	} `json:"runtimeConfig"`
}

type route struct {
	Destination string `json:"dst,omitempty"`
	Gateway     string `json:"gw,omitempty"`
}

type podArguments struct {
	types.CommonArgs
	K8S_POD_NAME      types.UnmarshallableString
	K8S_POD_NAMESPACE types.UnmarshallableString
}

type request struct {
	CniType      string    `json:"cni_type"`
	PodName      string    `json:"pod_name"`
	PodNamespace string    `json:"pod_namespace"`
	ContainerID  string    `json:"container_id"` // of the sandbox
	NetNs        string    `json:"net_ns"`
	IfName       string    `json:"if_name"`
	Provider     string    `json:"provider"`
	Routes       []route   `json:"routes"`
	DNS          types.DNS `json:"dns"`
	DeviceID     string    `json:"deviceID"`
	VfDriver     string    `json:"vf_driver"`
}

type response struct {
	IPs []struct {
		Protocol string `json:"protocol"` // IPv4 or IPv6
		IP       string `json:"ip"`
		CIDR     string `json:"cidr"`
		Gateway  string `json:"gateway"`
	} `json:"ips"`
	MacAddress string    `json:"mac_address"`
	Routes     []route   `json:"routes"`
	Mtu        int       `json:"mtu"`
	PodNicName string    `json:"nicname"`
	DNS        types.DNS `json:"dns"`
	Error      string    `json:"error"`
}

func main() {
	nothing := func(*skel.CmdArgs) error { return nil }
	skel.PluginMainFuncs(
		skel.CNIFuncs{Add: add, Del: del, Check: nothing, GC: nothing, Status: nothing},
		version.All, "Kube-OVN's CNI plugin, as a throwaway cluster needs it")
}

func add(args *skel.CmdArgs) error {
	conf, body, err := ask("add", args, http.StatusOK)
	if err != nil {
		return err
	}
	var answer response
	if err := json.Unmarshal(body, &answer); err != nil {
		return failed(types.ErrDecodingFailure, "the daemon's answer is no JSON", err.Error())
	}
	result, err := answer.result(args)
	if err != nil {
		return failed(types.ErrInternal, "the daemon's answer cannot be used", err.Error())
	}
	return types.PrintResult(result, conf.CNIVersion)
}

func del(args *skel.CmdArgs) error {
	_, _, err := ask("del", args, http.StatusNoContent)
	return err
}

// ask sends the pod of args to the daemon, and returns the body of an answer with the wanted status.
func ask(verb string, args *skel.CmdArgs, wanted int) (*network, []byte, error) {
	conf := &network{}
	if err := json.Unmarshal(args.StdinData, conf); err != nil {
		return nil, nil, failed(types.ErrInvalidNetworkConfig, "the network's configuration is no JSON", err.Error())
	}
	var pod podArguments
	pod.IgnoreUnknown = true
	if err := types.LoadArgs(args.Args, &pod); err != nil {
		return nil, nil, failed(types.ErrInvalidEnvironmentVariables, "CNI_ARGS cannot be read", err.Error())
	}
	if pod.K8S_POD_NAME == "" || pod.K8S_POD_NAMESPACE == "" {
		return nil, nil, failed(types.ErrInvalidEnvironmentVariables, "CNI_ARGS lacks K8S_POD_NAME or K8S_POD_NAMESPACE", args.Args)
	}
	conf.ServerSocket = cmp.Or(conf.ServerSocket, defaultSocket)
	conf.Provider = cmp.Or(conf.Provider, "ovn")
	conf.DeviceID = cmp.Or(conf.DeviceID, conf.RuntimeConfig.DeviceID)
	question, err := json.Marshal(request{
		CniType: conf.Type, PodName: string(pod.K8S_POD_NAME), PodNamespace: string(pod.K8S_POD_NAMESPACE),
		ContainerID: args.ContainerID, NetNs: args.Netns, IfName: args.IfName, Provider: conf.Provider,
		Routes: conf.Routes, DNS: conf.DNS, DeviceID: conf.DeviceID, VfDriver: conf.VfDriver,
	})
	if err != nil {
		return nil, nil, err
	}
	client := http.Client{Timeout: patience, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", conf.ServerSocket)
		},
	}}
	answer, err := client.Post("http://dummy/api/v1/"+verb, "application/json", bytes.NewReader(question))
	if err != nil {
		return nil, nil, failed(types.ErrTryAgainLater, "the daemon does not answer on "+conf.ServerSocket, err.Error())
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, nil, failed(types.ErrTryAgainLater, "the daemon's answer ends early", err.Error())
	}
	if answer.StatusCode != wanted {
		said := response{Error: strings.TrimSpace(string(body))}
		_ = json.Unmarshal(body, &said) // what is no JSON is the text itself
		return nil, nil, failed(types.ErrInternal,
			fmt.Sprintf("the daemon refused to %s pod %s/%s: %s", verb, pod.K8S_POD_NAMESPACE, pod.K8S_POD_NAME, said.Error), answer.Status)
	}
	return conf, body, nil
}

func (answer *response) result(args *skel.CmdArgs) (*current.Result, error) {
	result := &current.Result{
		CNIVersion: current.ImplementedSpecVersion,
		Interfaces: []*current.Interface{{Name: cmp.Or(answer.PodNicName, args.IfName), Mac: answer.MacAddress, Mtu: answer.Mtu, Sandbox: args.Netns}},
		DNS:        answer.DNS,
	}
	for _, ip := range answer.IPs {
		_, subnet, err := net.ParseCIDR(ip.CIDR)
		if err != nil {
			return nil, err
		}
		address := net.IPNet{IP: net.ParseIP(ip.IP), Mask: subnet.Mask}
		if address.IP == nil {
			return nil, fmt.Errorf("%q is no IP address", ip.IP)
		}
		gateway := net.ParseIP(ip.Gateway)
		result.IPs = append(result.IPs, &current.IPConfig{Interface: current.Int(0), Address: address, Gateway: gateway})
		if gateway != nil {
			all := "0.0.0.0/0"
			if gateway.To4() == nil {
				all = "::/0"
			}
			answer.Routes = append(answer.Routes, route{Destination: all, Gateway: ip.Gateway})
		}
	}
	for _, route := range answer.Routes {
		_, destination, err := net.ParseCIDR(route.Destination)
		if err != nil {
			return nil, err
		}
		result.Routes = append(result.Routes, &types.Route{Dst: *destination, GW: net.ParseIP(route.Gateway)})
	}
	return result, nil
}

func failed(code uint, message, details string) error {
	return types.NewError(code, message, details)
}
