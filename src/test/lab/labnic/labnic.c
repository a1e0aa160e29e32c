// SPDX-License-Identifier: GPL-2.0
/* labnic: a pretend SR-IOV NIC with devlink switchdev for test VMs.
 * Binds to any PCI function with an SR-IOV capability (QEMU igb, or QEMU nvme with sriov_max_vfs);
 * the silicon is never touched. PF netdev (uplink), VF netdevs, VF representors, flower "offload".
 */
#include <linux/module.h>
#include <linux/version.h>
#include <linux/pci.h>
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <linux/delay.h>
#include <net/devlink.h>
#include <net/pkt_cls.h>
#include <net/flow_offload.h>

#define MAXVF 128
static bool strict = true;
module_param(strict, bool, 0644);
MODULE_PARM_DESC(strict, "refuse an eswitch mode change while VFs are bound to this driver");
static bool disguise = true;
module_param(disguise, bool, 0644);
MODULE_PARM_DESC(disguise, "show the functions as 15b3:101d / 15b3:101e, class 020000");
static int mode_delay_ms;
module_param(mode_delay_ms, int, 0644);
static bool flower = true;
module_param(flower, bool, 0644);
MODULE_PARM_DESC(flower, "accept flower rules as if offloaded (in_hw)");

static bool vfs_last;
module_param(vfs_last, bool, 0644);
MODULE_PARM_DESC(vfs_last, "refuse an eswitch mode change while there are VFs, as newer firmware does");
static bool refuse_mode;
module_param(refuse_mode, bool, 0644);
MODULE_PARM_DESC(refuse_mode, "refuse every eswitch mode change, as firmware in trouble does");
static bool refuse_vfs;
module_param(refuse_vfs, bool, 0644);
MODULE_PARM_DESC(refuse_vfs, "fail to probe every VF");

enum kind { UPLINK, REP, VF };
struct lab_pf;
struct lab_vport {
	u8 mac[ETH_ALEN];
	u16 vlan; u8 qos; bool trust, spoofchk; int link_state, min_rate, max_rate;
	struct net_device __rcu *rep, *vf;
	struct devlink_port port;
};
struct lab_pf {
	struct pci_dev *pdev;
	struct mutex lock;	/* vports[].vf against mode changes */
	struct net_device *uplink;
	struct devlink_port port;
	struct netdev_phys_item_id id;
	u16 mode;
	enum devlink_eswitch_encap_mode encap;
	char steering[8];
	int nvf, pfnum;
	struct lab_pf __rcu *wire;
	atomic_t rules;
	struct lab_vport vp[MAXVF];
};
struct lab_port { struct lab_pf *pf; enum kind kind; int idx; };
static LIST_HEAD(block_cbs);
static struct lab_pf *loose;	/* a PF whose cable has one end free */
static DEFINE_MUTEX(wire_lock);
static int pf_count;

/* ---- datapath ---- */
static void deliver(struct sk_buff *skb, struct net_device *from, struct net_device *to)
{
	unsigned int len = skb->len;

	if (!to || !netif_carrier_ok(to)) {
		DEV_STATS_INC(from, tx_dropped);
		kfree_skb(skb);
		return;
	}
	if (dev_forward_skb(to, skb) == NET_RX_SUCCESS) {
		DEV_STATS_INC(from, tx_packets); DEV_STATS_ADD(from, tx_bytes, len);
		DEV_STATS_INC(to, rx_packets); DEV_STATS_ADD(to, rx_bytes, len);
	} else {
		DEV_STATS_INC(from, tx_dropped);
	}
}

static netdev_tx_t lab_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct lab_port *p = netdev_priv(dev);
	struct lab_pf *pf = p->pf, *w;

	skb_tx_timestamp(skb);
	rcu_read_lock();
	switch (p->kind) {
	case REP:
		deliver(skb, dev, rcu_dereference(pf->vp[p->idx].vf));
		break;
	case VF:
		if (READ_ONCE(pf->mode) == DEVLINK_ESWITCH_MODE_SWITCHDEV) {
			deliver(skb, dev, rcu_dereference(pf->vp[p->idx].rep));
			break;
		}
		/* legacy: the embedded switch floods VFs, PF and wire */
		for (int i = 0; i < pf->nvf; i++) {
			struct net_device *o = rcu_dereference(pf->vp[i].vf);
			struct sk_buff *c;

			if (i != p->idx && o && (c = skb_copy(skb, GFP_ATOMIC)))
				deliver(c, dev, o);
		}
		deliver(skb, dev, pf->uplink);
		break;
	case UPLINK:
		for (int i = 0; pf->mode != DEVLINK_ESWITCH_MODE_SWITCHDEV && i < pf->nvf; i++) {
			struct net_device *o = rcu_dereference(pf->vp[i].vf);
			struct sk_buff *c;

			if (o && (c = skb_copy(skb, GFP_ATOMIC)))
				deliver(c, dev, o);
		}
		w = rcu_dereference(pf->wire);
		deliver(skb, dev, w ? w->uplink : NULL);
		break;
	}
	rcu_read_unlock();
	return NETDEV_TX_OK;
}

/* as on ConnectX: in switchdev mode the VF has link when its representor is up */
static void vf_carrier(struct lab_pf *pf, int i)
{
	struct net_device *rep, *vf;
	bool up = true;

	rcu_read_lock();
	rep = rcu_dereference(pf->vp[i].rep);
	vf = rcu_dereference(pf->vp[i].vf);
	if (pf->mode == DEVLINK_ESWITCH_MODE_SWITCHDEV)
		up = rep && netif_running(rep);
	if (vf) {
		if (up) netif_carrier_on(vf);
		else netif_carrier_off(vf);
	}
	rcu_read_unlock();
}

static int lab_open(struct net_device *dev)
{
	struct lab_port *p = netdev_priv(dev);

	netif_start_queue(dev);
	if (p->kind == REP)
		vf_carrier(p->pf, p->idx);
	return 0;
}

static int lab_stop(struct net_device *dev)
{
	struct lab_port *p = netdev_priv(dev);

	netif_stop_queue(dev);
	if (p->kind == REP) {	/* netif_running is already false here */
		struct net_device *vf;

		rcu_read_lock();
		vf = rcu_dereference(p->pf->vp[p->idx].vf);
		if (vf) netif_carrier_off(vf);
		rcu_read_unlock();
	}
	return 0;
}

/* ---- tc ---- */
static int block_cb(enum tc_setup_type type, void *data, void *priv)
{
	struct net_device *dev = priv;
	struct lab_port *p = netdev_priv(dev);
	struct flow_cls_offload *f = data;

	if (type != TC_SETUP_CLSFLOWER || !flower || !(dev->features & NETIF_F_HW_TC))
		return -EOPNOTSUPP;
	switch (f->command) {
	case FLOW_CLS_REPLACE: atomic_inc(&p->pf->rules); return 0;
	case FLOW_CLS_DESTROY: atomic_dec(&p->pf->rules); return 0;
	case FLOW_CLS_STATS: return 0;
	default: return -EOPNOTSUPP;
	}
}

static int lab_setup_tc(struct net_device *dev, enum tc_setup_type type, void *data)
{
	struct lab_port *p = netdev_priv(dev);

	if (type != TC_SETUP_BLOCK || p->pf->mode != DEVLINK_ESWITCH_MODE_SWITCHDEV)
		return -EOPNOTSUPP;
	return flow_block_cb_setup_simple(data, &block_cbs, block_cb, dev, dev, true);
}

/* ---- VF administration through the PF ---- */
static struct lab_vport *vport(struct net_device *dev, int vf)
{
	struct lab_pf *pf = ((struct lab_port *)netdev_priv(dev))->pf;

	return vf >= 0 && vf < pf->nvf ? &pf->vp[vf] : NULL;
}
#define V struct lab_vport *v = vport(dev, vf); if (!v) return -EINVAL
static int set_vf_mac(struct net_device *dev, int vf, u8 *mac) { V; ether_addr_copy(v->mac, mac); return 0; }
static int set_vf_vlan(struct net_device *dev, int vf, u16 vlan, u8 qos, __be16 proto) { V; v->vlan = vlan; v->qos = qos; return 0; }
static int set_vf_trust(struct net_device *dev, int vf, bool t) { V; v->trust = t; return 0; }
static int set_vf_spoofchk(struct net_device *dev, int vf, bool t) { V; v->spoofchk = t; return 0; }
static int set_vf_link_state(struct net_device *dev, int vf, int s) { V; v->link_state = s; return 0; }
static int set_vf_rate(struct net_device *dev, int vf, int min, int max) { V; v->min_rate = min; v->max_rate = max; return 0; }
static int get_vf_config(struct net_device *dev, int vf, struct ifla_vf_info *i)
{
	V;
	memset(i, 0, sizeof(*i));
	i->vf = vf; ether_addr_copy(i->mac, v->mac); i->vlan = v->vlan; i->qos = v->qos;
	i->vlan_proto = htons(ETH_P_8021Q);
	i->spoofchk = v->spoofchk; i->trusted = v->trust; i->linkstate = v->link_state;
	i->min_tx_rate = v->min_rate; i->max_tx_rate = v->max_rate;
	return 0;
}

static const struct net_device_ops uplink_ops = {
	.ndo_open = lab_open, .ndo_stop = lab_stop, .ndo_start_xmit = lab_xmit,
	.ndo_set_mac_address = eth_mac_addr, .ndo_validate_addr = eth_validate_addr,
	.ndo_setup_tc = lab_setup_tc,
	.ndo_set_vf_mac = set_vf_mac, .ndo_set_vf_vlan = set_vf_vlan, .ndo_set_vf_trust = set_vf_trust,
	.ndo_set_vf_spoofchk = set_vf_spoofchk, .ndo_set_vf_link_state = set_vf_link_state,
	.ndo_set_vf_rate = set_vf_rate, .ndo_get_vf_config = get_vf_config,
};
static const struct net_device_ops rep_ops = {
	.ndo_open = lab_open, .ndo_stop = lab_stop, .ndo_start_xmit = lab_xmit,
	.ndo_set_mac_address = eth_mac_addr, .ndo_setup_tc = lab_setup_tc,
};
static const struct net_device_ops vf_ops = {
	.ndo_open = lab_open, .ndo_stop = lab_stop, .ndo_start_xmit = lab_xmit,
	.ndo_set_mac_address = eth_mac_addr, .ndo_validate_addr = eth_validate_addr,
};

static void drvinfo(struct net_device *dev, struct ethtool_drvinfo *i)
{
	struct lab_port *p = netdev_priv(dev);

	strscpy(i->driver, p->kind == REP ? "labnic_rep" : "labnic", sizeof(i->driver));
	strscpy(i->fw_version, "22.41.1000 (LAB0000000001)", sizeof(i->fw_version));
	strscpy(i->bus_info, dev_name(dev->dev.parent), sizeof(i->bus_info));
}
static const struct ethtool_ops eth_ops = { .get_drvinfo = drvinfo, .get_link = ethtool_op_get_link };

static struct net_device *mkdev(struct lab_pf *pf, struct device *parent, enum kind kind, int idx,
				const struct net_device_ops *ops)
{
	struct net_device *dev = alloc_etherdev(sizeof(struct lab_port));
	struct lab_port *p;

	if (!dev)
		return NULL;
	p = netdev_priv(dev);
	p->pf = pf; p->kind = kind; p->idx = idx;
	dev->netdev_ops = ops;
	dev->ethtool_ops = &eth_ops;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE | IFF_NO_QUEUE;
	dev->features |= NETIF_F_HW_CSUM | NETIF_F_SG | NETIF_F_HIGHDMA;
	dev->hw_features |= NETIF_F_HW_CSUM | NETIF_F_SG;
	if (kind != VF)
		dev->hw_features |= NETIF_F_HW_TC;	/* off until ethtool -K turns it on */
#if defined(NETNS_IMMUTABLE)
	dev->netns_immutable = kind == REP;
#elif defined(NETNS_LOCAL_BIT)
	dev->netns_local = kind == REP;
#else
	if (kind == REP)
		dev->features |= NETIF_F_NETNS_LOCAL;
#endif
	dev->max_mtu = 9978;
	SET_NETDEV_DEV(dev, parent);
	eth_hw_addr_random(dev);
	return dev;
}

/* ---- devlink ---- */
static int fn_mac_get(struct devlink_port *port, u8 *a, int *len, struct netlink_ext_ack *e)
{
	struct lab_vport *v = container_of(port, struct lab_vport, port);

	ether_addr_copy(a, v->mac); *len = ETH_ALEN;
	return 0;
}
static int fn_mac_set(struct devlink_port *port, const u8 *a, int len, struct netlink_ext_ack *e)
{
	struct lab_vport *v = container_of(port, struct lab_vport, port);

	ether_addr_copy(v->mac, a);
	return 0;
}
static const struct devlink_port_ops vf_port_ops = {
	.port_fn_hw_addr_get = fn_mac_get, .port_fn_hw_addr_set = fn_mac_set,
};

static int rep_add(struct lab_pf *pf, int i)
{
	struct lab_vport *v = &pf->vp[i];
	struct net_device *dev;
	int err;

	memset(&v->port, 0, sizeof(v->port));
	v->port.attrs.switch_id = pf->id;	/* before attrs_set: it derives switch_port from it */
	devlink_port_attrs_pci_vf_set(&v->port, 0, pf->pfnum, i, false);
	err = devl_port_register_with_ops(priv_to_devlink(pf), &v->port, i + 1, &vf_port_ops);
	if (err)
		return err;
	dev = mkdev(pf, &pf->pdev->dev, REP, i, &rep_ops);
	if (!dev) {
		devl_port_unregister(&v->port);
		return -ENOMEM;
	}
	SET_NETDEV_DEVLINK_PORT(dev, &v->port);
	err = register_netdev(dev);
	if (err) {
		free_netdev(dev);
		devl_port_unregister(&v->port);
		return err;
	}
	netif_carrier_on(dev);
	rcu_assign_pointer(v->rep, dev);
	vf_carrier(pf, i);
	return 0;
}

static void rep_del(struct lab_pf *pf, int i)
{
	struct lab_vport *v = &pf->vp[i];
	struct net_device *dev = rcu_dereference_protected(v->rep, 1);

	if (!dev)
		return;
	RCU_INIT_POINTER(v->rep, NULL);
	unregister_netdev(dev);
	free_netdev(dev);
	devl_port_unregister(&v->port);
}

static int reps_add(struct lab_pf *pf, int n)
{
	for (int i = 0; i < n; i++) {
		int err = rep_add(pf, i);

		if (err) {
			while (i--)
				rep_del(pf, i);
			return err;
		}
	}
	return 0;
}
static void reps_del(struct lab_pf *pf) { for (int i = 0; i < MAXVF; i++) rep_del(pf, i); }

static int mode_get(struct devlink *dl, u16 *mode) { *mode = ((struct lab_pf *)devlink_priv(dl))->mode; return 0; }
static int mode_set(struct devlink *dl, u16 mode, struct netlink_ext_ack *e)
{
	struct lab_pf *pf = devlink_priv(dl);
	int err = 0;

	if (mode == pf->mode)
		return 0;
	if (mode != DEVLINK_ESWITCH_MODE_LEGACY && mode != DEVLINK_ESWITCH_MODE_SWITCHDEV)
		return -EINVAL;
	if (refuse_mode) {
		NL_SET_ERR_MSG_MOD(e, "Failed setting eswitch to offloads");
		return -EIO;
	}
	if (vfs_last && pf->nvf)
		return -EINVAL;
	mutex_lock(&pf->lock);
	for (int i = 0; strict && i < pf->nvf; i++)
		if (rcu_access_pointer(pf->vp[i].vf)) {
			NL_SET_ERR_MSG_MOD(e, "unbind the VFs from their driver first");
			mutex_unlock(&pf->lock);
			return -EBUSY;
		}
	mutex_unlock(&pf->lock);
	if (mode_delay_ms)
		msleep(mode_delay_ms);
	if (mode == DEVLINK_ESWITCH_MODE_SWITCHDEV) {
		pf->mode = mode;
		err = reps_add(pf, pf->nvf);
		if (err)
			pf->mode = DEVLINK_ESWITCH_MODE_LEGACY;
	} else {
		reps_del(pf);
		pf->mode = mode;
	}
	/* the uplink has a phys_switch_id in switchdev mode only */
	pf->port.attrs.switch_id = pf->id;
	pf->port.switch_port = pf->mode == DEVLINK_ESWITCH_MODE_SWITCHDEV;
	for (int i = 0; i < pf->nvf; i++)
		vf_carrier(pf, i);
	return err;
}
static int inline_get(struct devlink *dl, u8 *m) { *m = DEVLINK_ESWITCH_INLINE_MODE_NONE; return 0; }
static int encap_get(struct devlink *dl, enum devlink_eswitch_encap_mode *m) { *m = ((struct lab_pf *)devlink_priv(dl))->encap; return 0; }
static int encap_set(struct devlink *dl, enum devlink_eswitch_encap_mode m, struct netlink_ext_ack *e)
{
	((struct lab_pf *)devlink_priv(dl))->encap = m;
	return 0;
}

/* as on mlx5: by name, at any time, but in legacy mode only */
static int steering_get(struct devlink *dl, u32 id, struct devlink_param_gset_ctx *ctx)
{
	strscpy(ctx->val.vstr, ((struct lab_pf *)devlink_priv(dl))->steering, sizeof(ctx->val.vstr));
	return 0;
}
static int steering_set(struct devlink *dl, u32 id, struct devlink_param_gset_ctx *ctx, struct netlink_ext_ack *e)
{
	struct lab_pf *pf = devlink_priv(dl);

	strscpy(pf->steering, ctx->val.vstr, sizeof(pf->steering));
	return 0;
}
static int steering_validate(struct devlink *dl, u32 id, union devlink_param_value v, struct netlink_ext_ack *e)
{
	if (strcmp(v.vstr, "dmfs") && strcmp(v.vstr, "smfs")) {
		NL_SET_ERR_MSG_MOD(e, "steering is dmfs or smfs");
		return -EINVAL;
	}
	if (((struct lab_pf *)devlink_priv(dl))->mode != DEVLINK_ESWITCH_MODE_LEGACY) {
		NL_SET_ERR_MSG_MOD(e, "steering is chosen in legacy mode only");
		return -EOPNOTSUPP;
	}
	return 0;
}
static const struct devlink_param params[] = {
	DEVLINK_PARAM_DRIVER(DEVLINK_PARAM_GENERIC_ID_MAX + 1, "flow_steering_mode", DEVLINK_PARAM_TYPE_STRING,
			     BIT(DEVLINK_PARAM_CMODE_RUNTIME), steering_get, steering_set, steering_validate),
};
static int info_get(struct devlink *dl, struct devlink_info_req *req, struct netlink_ext_ack *e)
{
	return devlink_info_version_running_put(req, DEVLINK_INFO_VERSION_GENERIC_FW, "22.41.1000");
}
static const struct devlink_ops dl_ops = {
	.eswitch_mode_get = mode_get, .eswitch_mode_set = mode_set,
	.eswitch_inline_mode_get = inline_get, .eswitch_encap_mode_get = encap_get, .eswitch_encap_mode_set = encap_set,
	.info_get = info_get,
};

/* ---- PCI ---- */
static struct pci_driver lab_driver;

static int vf_probe(struct pci_dev *pdev)
{
	struct lab_pf *pf = pci_iov_get_pf_drvdata(pdev, &lab_driver);
	int i = pci_iov_vf_id(pdev), err;
	struct net_device *dev;

	if (IS_ERR_OR_NULL(pf) || i < 0 || i >= MAXVF || refuse_vfs)
		return -ENODEV;
	if (disguise) {
		pdev->vendor = 0x15b3; pdev->device = 0x101e; pdev->class = 0x020000;
	}
	dev = mkdev(pf, &pdev->dev, VF, i, &vf_ops);
	if (!dev)
		return -ENOMEM;
	if (is_valid_ether_addr(pf->vp[i].mac))	/* read at probe only, as on ConnectX */
		eth_hw_addr_set(dev, pf->vp[i].mac);
	err = register_netdev(dev);
	if (err) {
		free_netdev(dev);
		return err;
	}
	mutex_lock(&pf->lock);
	rcu_assign_pointer(pf->vp[i].vf, dev);
	mutex_unlock(&pf->lock);
	vf_carrier(pf, i);
	pci_set_drvdata(pdev, dev);
	return 0;
}

static int pf_probe(struct pci_dev *pdev)
{
	struct devlink_port_attrs attrs = {};
	struct devlink *dl;
	struct lab_pf *pf;
	int err;

	dl = devlink_alloc(&dl_ops, sizeof(*pf), &pdev->dev);
	if (!dl)
		return -ENOMEM;
	pf = devlink_priv(dl);
	pf->pdev = pdev;
	mutex_init(&pf->lock);
	pf->mode = DEVLINK_ESWITCH_MODE_LEGACY;
	pf->encap = DEVLINK_ESWITCH_ENCAP_MODE_BASIC;
	strscpy(pf->steering, "dmfs", sizeof(pf->steering));
	pf->pfnum = PCI_FUNC(pdev->devfn);
	pf->id.id_len = 8;
	get_random_bytes(pf->id.id, 8);
	if (disguise) {
		pdev->vendor = 0x15b3; pdev->device = 0x101d; pdev->class = 0x020000;
	}
	pci_set_drvdata(pdev, pf);
	pf->uplink = mkdev(pf, &pdev->dev, UPLINK, 0, &uplink_ops);
	err = -ENOMEM;
	if (!pf->uplink)
		goto free;
	devl_lock(dl);
	attrs.flavour = DEVLINK_PORT_FLAVOUR_PHYSICAL;
	attrs.phys.port_number = pf->pfnum;
	devlink_port_attrs_set(&pf->port, &attrs);
	err = devl_port_register(dl, &pf->port, 0xffff);
	if (err)
		goto unlock;
	SET_NETDEV_DEVLINK_PORT(pf->uplink, &pf->port);
	err = devl_params_register(dl, params, ARRAY_SIZE(params));
	if (err)
		goto port;
	err = register_netdev(pf->uplink);
	if (err)
		goto params;
	netif_carrier_on(pf->uplink);
	devl_register(dl);
	devl_unlock(dl);
	mutex_lock(&wire_lock);
	if (loose) {
		rcu_assign_pointer(pf->wire, loose);
		rcu_assign_pointer(loose->wire, pf);
		loose = NULL;
	} else {
		loose = pf;
	}
	pf_count++;
	mutex_unlock(&wire_lock);
	return 0;
params:
	devl_params_unregister(dl, params, ARRAY_SIZE(params));
port:
	devl_port_unregister(&pf->port);
unlock:
	devl_unlock(dl);
	free_netdev(pf->uplink);
free:
	devlink_free(dl);
	return err;
}

static int probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	return pdev->is_virtfn ? vf_probe(pdev) : pf_probe(pdev);
}

static int sriov_configure(struct pci_dev *pdev, int n)
{
	struct lab_pf *pf = pci_get_drvdata(pdev);
	struct devlink *dl = priv_to_devlink(pf);
	int err = 0;

	if (n > MAXVF)
		return -ERANGE;
	devl_lock(dl);
	if (!n) {
		pci_disable_sriov(pdev);
		reps_del(pf);
		pf->nvf = 0;
		memset(pf->vp, 0, sizeof(pf->vp));
		goto out;
	}
	pf->nvf = n;
	if (pf->mode == DEVLINK_ESWITCH_MODE_SWITCHDEV)
		err = reps_add(pf, n);
	if (!err)
		err = pci_enable_sriov(pdev, n);
	if (err) {
		reps_del(pf);
		pf->nvf = 0;
	}
out:
	devl_unlock(dl);
	return err ? err : n;
}

static void lab_remove(struct pci_dev *pdev)
{
	struct devlink *dl;
	struct lab_pf *pf;

	if (pdev->is_virtfn) {
		struct net_device *dev = pci_get_drvdata(pdev);
		struct lab_port *p = netdev_priv(dev);

		mutex_lock(&p->pf->lock);
		RCU_INIT_POINTER(p->pf->vp[p->idx].vf, NULL);
		mutex_unlock(&p->pf->lock);
		unregister_netdev(dev);
		free_netdev(dev);
		return;
	}
	pf = pci_get_drvdata(pdev);
	dl = priv_to_devlink(pf);
	mutex_lock(&wire_lock);
	if (loose == pf)
		loose = NULL;
	if (rcu_access_pointer(pf->wire)) {
		struct lab_pf *o = rcu_dereference_protected(pf->wire, 1);

		RCU_INIT_POINTER(o->wire, NULL);
		loose = o;
	}
	pf_count--;
	mutex_unlock(&wire_lock);
	synchronize_net();
	devl_lock(dl);
	devl_unregister(dl);
	devl_params_unregister(dl, params, ARRAY_SIZE(params));
	pci_disable_sriov(pdev);
	reps_del(pf);
	unregister_netdev(pf->uplink);
	free_netdev(pf->uplink);
	devl_port_unregister(&pf->port);
	devl_unlock(dl);
	devlink_free(dl);
}

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(0x8086, 0x10c9) }, { PCI_DEVICE(0x8086, 0x10ca) },	/* QEMU igb */
	{ PCI_DEVICE(0x1b36, 0x0010) },					/* QEMU nvme */
	{ PCI_DEVICE(0x15b3, 0x101d) }, { PCI_DEVICE(0x15b3, 0x101e) },
	{ PCI_DEVICE(0x15b3, 0x10ca) }, { PCI_DEVICE(0x15b3, 0x0010) },
	{ }
};
MODULE_DEVICE_TABLE(pci, ids);
static struct pci_driver lab_driver = {
	.name = "labnic", .id_table = ids, .probe = probe, .remove = lab_remove, .sriov_configure = sriov_configure,
};
module_pci_driver(lab_driver);
MODULE_LICENSE("GPL");
