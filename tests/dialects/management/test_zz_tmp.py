import time
def test_t(db):
    from tests.dialects.management.actor import Actor
    a=Actor.of(); h=a.make_hierarchy(); a.get("campaigns")
    raw=b'{"campaign":{"name":'+b"["*1000+b"]"*1000+b"}}"
    t=time.process_time(); r=a.put(f"campaigns/{h.campaign.pk}",raw); open("/tmp/one.txt","w").write(f"{r.status_code} {time.process_time()-t}")
