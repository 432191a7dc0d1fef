//! What a camera does wrong on the wire although it films well: noise in its pictures, and a clock
//! that tells another time in its RTCP sender reports.

use std::sync::Arc;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_rtsp_server as rtsp;
use gstreamer_rtsp_server::prelude::*;

use super::feeder::Control;

/// Bytes at the beginning of a picture that stay: start code, unit type, headers. Behind them noise
/// makes pictures that cannot be decoded, not packets that nobody takes for pictures.
const HEAD: usize = 24;
/// RTCP packet type of a sender report (RFC 3550 §6.4.1), and where its time stands.
const SENDER_REPORT: u8 = 200;
const SECONDS: std::ops::Range<usize> = 8..12;

/// The picture with most of its bytes replaced.
pub(super) fn garbled(picture: &gst::Buffer) -> Option<gst::Buffer> {
    let mut copy = picture.copy_deep().ok()?;
    let mut noise = u32::try_from(picture.size()).ok()? | 1;
    let mut bytes = copy.get_mut()?.map_writable().ok()?;
    for byte in bytes.iter_mut().skip(HEAD) {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        *byte = noise.to_le_bytes()[1];
    }
    drop(bytes);
    Some(copy)
}

/// Has the sender reports of a stream that is about to begin tell what [`Control::clock_ahead`] says.
pub(super) fn attach_clock(media: &rtsp::RTSPMedia, control: &Arc<Control>) {
    let control = Arc::clone(control);
    media.connect_prepared(move |media| {
        let mut top = media.element().upcast::<gst::Object>();
        while let Some(parent) = top.parent() {
            top = parent;
        }
        let Ok(bin) = top.downcast::<gst::Bin>() else {
            return;
        };
        let elements = bin.iterate_recurse().into_iter().filter_map(Result::ok);
        let is_session = |element: &gst::Element| {
            let factory = element.factory();
            factory.is_some_and(|factory| factory.name() == "rtpbin")
        };
        for pad in elements
            .filter(is_session)
            .flat_map(|element| element.pads())
        {
            if pad.name().starts_with("send_rtcp_src") {
                lie(&pad, Arc::clone(&control));
            }
        }
    });
}

fn lie(pad: &gst::Pad, control: Arc<Control>) {
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let ahead = u32::try_from(control.clock_ahead().as_secs()).unwrap_or(u32::MAX);
        if ahead > 0
            && let Some(gst::PadProbeData::Buffer(buffer)) = &mut info.data
            && let Ok(mut packet) = buffer.make_mut().map_writable()
            && packet.get(1) == Some(&SENDER_REPORT)
            && let Some(Ok(seconds)) = packet.get_mut(SECONDS).map(<&mut [u8; 4]>::try_from)
        {
            *seconds = u32::from_be_bytes(*seconds)
                .wrapping_add(ahead)
                .to_be_bytes();
        }
        gst::PadProbeReturn::Ok
    });
}
