//! Ways to say what happens, for each kind in the order of [`crate::kind::KINDS`], city by city.

use crate::kind::KINDS;

pub(crate) type Phrases = [&'static [&'static str]; KINDS.len()];

/// As the list of words that names categories has them, mostly.
pub(crate) const OWN: Phrases = [
    &[
        "hàng quán bày bàn ghế chiếm hết vỉa hè",
        "lấn chiếm vỉa hè buôn bán",
        "quán để bàn ghế tràn ra lề đường",
        "bán hàng rong chắn lối đi bộ trên vỉa hè",
    ],
    &[
        "xe ô tô đỗ sai quy định chắn lối đi",
        "xe hơi đậu dưới lòng đường cấm đỗ",
        "ô tô dừng đỗ lâu trước cổng nhà",
    ],
    &[
        "rác thải chất đống bốc mùi hôi",
        "đổ rác bừa bãi nhiều ngày không dọn",
        "bãi rác tự phát gây ô nhiễm",
    ],
    &[
        "hát karaoke loa kéo ồn ào quá khuya",
        "quán mở nhạc to gây mất trật tự",
    ],
    &[
        "mặt đường bị hư hỏng có ổ gà sâu nguy hiểm",
        "ổ gà lớn giữa đường dễ gây tai nạn",
        "nắp cống bị vỡ hở miệng",
    ],
    &[
        "đèn đường không sáng nhiều đêm liền",
        "trụ đèn chiếu sáng bị hỏng tối om",
    ],
    &[
        "ống nước bị vỡ nước chảy tràn ra đường",
        "rò rỉ nước máy ngập cả mặt đường",
    ],
    &[
        "đàn bò đi lạc giữa đường rất nguy hiểm",
        "trâu bò thả rông trên đường phố",
        "mấy con bò nằm giữa lòng đường",
    ],
    &[
        "có khói đen bốc cao nghi cháy",
        "đang cháy lớn khói nhiều",
        "cháy bãi cỏ lửa lan nhanh",
    ],
    &[
        "thanh niên tụ tập đua xe gây rối",
        "nhóm người đánh nhau ngoài đường",
    ],
];

/// As neighbours say it to each other.
pub(crate) const ELSEWHERE: Phrases = [
    &[
        "mấy hàng quán kê bàn nhựa ra hết chỗ người ta đi bộ",
        "tiệm sửa xe để xe ngổn ngang kín lề",
        "chợ cóc họp tràn xuống đường sáng nào cũng vậy",
        "nhà xây để gạch cát choán lối đi",
    ],
    &[
        "xe bốn chỗ nằm chình ình trước cửa nhà tôi từ sáng",
        "mấy chiếc ô tô đậu hai bên hẻm không vô được",
        "xe tải dừng ngay khúc cua cả buổi",
        "ô tô đỗ dưới biển cấm",
    ],
    &[
        "đống rác mấy hôm rồi chưa ai hốt",
        "người ta quăng bao rác đầy góc đường",
        "thùng rác tràn ra ruồi nhặng",
        "đổ trộm xà bần ban đêm",
    ],
    &[
        "hàng xóm hát loa thùng tới nửa đêm",
        "quán nhậu mở loa đinh tai nhức óc",
        "công trình khoan đục lúc năm giờ sáng",
    ],
    &[
        "cái hố giữa đường to bằng cái nón",
        "đường lún một khúc xe máy té hoài",
        "nắp hố ga bể lộ sắt ra ngoài",
    ],
    &[
        "nguyên dãy đèn tắt ngóm cả tuần nay",
        "hẻm tối thui vì bóng đèn hư",
        "cột đèn chớp tắt liên tục",
    ],
    &[
        "nước sạch phun lên từ dưới gạch từ hôm qua",
        "bể ống nước chảy lênh láng",
        "đồng hồ nước rỉ ướt cả lối đi",
    ],
    &[
        "bầy bò đứng chắn ngang đường xe không qua được",
        "bò ai thả rông ăn cả cây cảnh giải phân cách",
        "có mấy con trâu đang băng qua đường",
    ],
    &[
        "thấy khói mù mịt phía sau dãy nhà",
        "cháy bãi cỏ khô gió thổi mạnh",
        "lửa bén vô hàng rào rồi",
    ],
    &[
        "mấy thanh niên nẹt pô rú ga cả đêm",
        "đám đông cãi cọ xô xát trước quán",
    ],
];

/// A few words, some of them English.
pub(crate) const MARKET: Phrases = [
    &[
        "quán nhậu chiếm lề",
        "để xe kín vỉa hè",
        "bán trái cây lòng đường",
        "bàn ghế ra đường",
        "street vendors block the sidewalk",
        "shop took the whole pavement",
    ],
    &[
        "xe đậu bậy",
        "ô tô chắn hẻm",
        "car blocking the lane",
        "ô tô đậu chỗ cấm",
        "illegal parking truck",
    ],
    &[
        "rác nhiều quá",
        "rác chưa dọn",
        "bao rác thúi",
        "trash pile",
        "đổ rác bậy",
    ],
    &[
        "karaoke ồn",
        "nhạc to quá",
        "loud music",
        "cãi nhau ồn ào khuya",
    ],
    &["ổ gà", "đường hư nặng", "pothole", "cống mất nắp"],
    &[
        "đèn đường tắt",
        "tối thui không có đèn",
        "street light is out",
    ],
    &[
        "bể ống nước",
        "nước chảy tràn lan",
        "water leak",
        "nước rỉ hoài",
    ],
    &["bò ra đường", "trâu chạy rông", "cows on the road"],
    &["cháy", "khói quá trời", "smoke and fire", "cháy nhà"],
    &["đánh lộn", "đua xe", "fighting in the street"],
];

/// As letters to an office say it.
pub(crate) const PROVINCE: Phrases = [
    &[
        "hộ kinh doanh dựng mái che và kê hàng hoá lấn chiếm toàn bộ phần vỉa hè dành cho người đi bộ",
        "một số hộ dân bày bán nông sản xuống lòng đường gây cản trở giao thông",
        "có điểm kinh doanh tự phát chiếm dụng hành lang an toàn đường bộ",
    ],
    &[
        "có xe tải dừng đỗ nhiều giờ trước lối ra vào khu dân cư",
        "xe khách đón trả khách và đỗ không đúng nơi quy định",
        "xe ô tô con đỗ trên vỉa hè làm người đi bộ phải xuống lòng đường",
    ],
    &[
        "rác sinh hoạt tồn đọng nhiều ngày chưa được đơn vị thu gom bốc mùi khó chịu",
        "có người mang phế thải xây dựng đổ ra bãi đất trống",
        "bao bì thuốc bảo vệ thực vật và rác vứt bừa bãi dọc kênh mương",
    ],
    &[
        "cơ sở cưa xẻ gỗ hoạt động gây tiếng ồn lớn vào giờ nghỉ",
        "đám tiệc mở loa công suất lớn kéo dài đến khuya",
    ],
    &[
        "mặt đường bị bong tróc xuất hiện nhiều ổ gà gây khó khăn cho việc đi lại",
        "đoạn đường bị sụt lún một bên lề sau trận mưa vừa qua",
        "nắp cống thoát nước bị hư hỏng chưa được thay thế",
    ],
    &[
        "hệ thống chiếu sáng công cộng không hoạt động đã một tuần",
        "bóng đèn cao áp bị cháy nên đoạn đường rất tối",
        "trụ điện chiếu sáng bị nghiêng sau khi có xe va vào",
    ],
    &[
        "đường ống cấp nước sạch bị vỡ nước chảy gây lãng phí",
        "đồng hồ nước của khu vực bị rò rỉ nhiều ngày nay",
        "van nước hỏng làm nước chảy tràn ra mặt đường",
    ],
    &[
        "đàn bò của hộ chăn nuôi thả rông trên quốc lộ gây nguy hiểm cho người tham gia giao thông",
        "trâu thả không có người trông coi vào khu dân cư",
    ],
    &[
        "phát hiện đám cháy thực bì có nguy cơ lan vào rừng trồng",
        "có khói dày đặc bốc lên từ khu vực nhà kho",
    ],
    &[
        "nhóm thanh niên tụ tập uống rượu gây mất trật tự",
        "có tình trạng đua xe và nẹt pô vào buổi tối",
    ],
];

/// As they talk by the water.
pub(crate) const HARBOUR: Phrases = [
    &[
        "tiệm cà phê đặt ghế đá ngoài hè không còn chỗ đi",
        "mấy sạp cá bày kín mép đường bến",
        "quầy bánh mì chắn ngay đầu kiệt",
        "cửa hàng xếp két bia ra ngoài hiên lấn hết lối",
    ],
    &[
        "xe du lịch bỏ giữa hẻm mấy tiếng không thấy chủ",
        "ô tô gác bánh lên hè che hết cửa tiệm",
        "xe bán tải nằm chắn đầu ngõ",
        "xe chở hàng đứng xếp dỡ cản đường",
    ],
    &[
        "túi nilon với vỏ hải sản quăng đầy mé sông",
        "đầu hẻm thành chỗ tập kết rác nước rỉ đen sì",
        "xe gom không ghé cả tuần rác tràn miệng thùng",
        "ai đem nệm cũ vứt giữa bãi cỏ",
    ],
    &[
        "nhà bên dàn âm thanh đập thình thịch",
        "vũ trường xả nhạc tới sáng",
        "máy phát điện nổ rầm rầm suốt trưa",
    ],
    &[
        "đường đá trồi lên xe sụp bánh",
        "lề bị xói một hàm ếch",
        "tấm đan cống gãy làm đôi",
        "cả đoạn chi chít lỗ ổ gà",
    ],
    &[
        "dọc bờ kè đèn không lên",
        "bóng trên trụ nhấp nháy rồi tắt luôn",
        "đi đêm không thấy đường vì đèn chết",
    ],
    &[
        "nước từ đường ống xịt thành vòi",
        "đồng hồ nước nhà hàng xóm bục",
        "vỉa gạch lúc nào cũng ướt nghi bể ống ngầm",
    ],
    &[
        "ba bốn con bò lang thang ngoài bến",
        "trâu đứng ì giữa cầu",
        "bò vô công viên phá bồn hoa",
    ],
    &[
        "thấy ngọn lửa sau kho bãi",
        "mùi khét với khói trắng bay ra từ ghe",
        "bãi lau đang cháy xém gần nhà dân",
    ],
    &[
        "một nhóm say rượu chửi bới đập chai",
        "tụi nhỏ bốc đầu xe trên cầu",
    ],
];
