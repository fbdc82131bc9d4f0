/** Chinese words of "open on a phone", which come with the dialog; words/en-phone.ts has the same keys. */
export const zhPhone = {
  phone: {
    title: '用手机打开',
    off: '此安装未对局域网开放。请操作员用 --lan 启动（npm start -- --lan）；若已启用，则本机尚未接入局域网。',
    trust:
      '首次使用：把 CA 证书保存并自行传到手机（数据线、隔空投送、自己的邮箱），在手机的证书设置中安装并信任。',
    compare: '安装时核对 SHA-256 指纹，必须与下面完全一致：',
    scan: '手机连接同一局域网，扫描二维码，用自己的账户登录。若浏览器提示证书不可信，请不要继续。',
    qr: '二维码：{url}',
    only: '二维码只含网址，不含登录信息。证书有效至 {until}；本机地址改变或到期前会换新的 CA，需重新安装。',
    save: '保存 CA 证书',
    close: '关闭',
  },
}
